using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Xenolith.Devices.Block;
using Xenolith.Devices.Block.Images;
using Xenolith.Devices.Block.Nbd;
using Xenolith.Host;
using Xenolith.Machine;
using Xenolith.Toolstack.Control;
using Xenolith.Toolstack.Devices.Disks;

namespace Xenolith.Toolstack.Domains.Backends;

/// <summary>Opens virtual block devices.</summary>
internal sealed class VbdBackendKind : IBackendKind
{
    /// <inheritdoc/>
    public string Name => "vbd";

    /// <inheritdoc/>
    public IDeviceBackend Open(Domain domain, Message order, IReadOnlyList<SafeFileHandle> descriptors, Message answer, BackendEvents events)
    {
        var image = OpenImage(order, descriptors, events);
        return new VbdBackend(domain, order, order.Flag("cdrom") ? new CdDrive(image) : image, descriptors.Skip(1), events);
    }

    /// <summary>Opens what an order says is behind a disk.</summary>
    internal static IDiskImage OpenImage(Message order, IReadOnlyList<SafeFileHandle> descriptors, BackendEvents events) => order.Text("source") switch
    {
        "empty" => new NoMedium(),
        "raw" => new RawImage(descriptors[0], order.Text("image")),
        "nbd" => OpenNbd(order, descriptors, events),
        var other => throw new DeviceException($"{order.Text("name")}: unknown source {other}"),
    };

    private static NbdImage OpenNbd(Message order, IReadOnlyList<SafeFileHandle> descriptors, BackendEvents events)
    {
        var (disk, server) = (order.Text("name"), $"{order.Text("server")} for {order.Text("image")}");
        try
        {
            return new NbdImage(new SocketStream(descriptors[0]), string.Empty, order.Text("image"), reason => events.Log(
                $"{disk}: the connection to its server, {server}, broke: {reason}. Its requests fail from now on; detach it and attach it again."));
        }
        catch (NbdException e)
        {
            throw new DeviceException($"{disk}: {server}: {e.Message}");
        }
    }
}

/// <summary>A virtual block device in the domain process.</summary>
internal sealed class VbdBackend : IDeviceBackend
{
    private readonly Domain _domain;
    private readonly BlockBackend _disk;
    private readonly BackendEvents _events;
    private SafeFileHandle[] _locked;
    private readonly bool _discard, _cdrom, _readOnly;

    /// <summary>Makes a device without a connection.</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="order">The monitor's order.</param>
    /// <param name="image">What is behind it.</param>
    /// <param name="locked">Files that are only held for their locks.</param>
    /// <param name="events">Where it tells of its life.</param>
    public VbdBackend(Domain domain, Message order, IDiskImage image, IEnumerable<SafeFileHandle> locked, BackendEvents events)
    {
        _locked = [.. locked];
        _domain = domain;
        _events = events;
        _discard = order.Flag("discard");
        _cdrom = order.Flag("cdrom");
        _readOnly = order.Flag("read-only");
        _disk = new BlockBackend(order.Text("dev"), image, _readOnly, events.Log)
        {
            Resized = bytes => events.Said(new Message(Verbs.DeviceSaid).With("bytes", bytes)),
        };
    }

    /// <inheritdoc/>
    public void Connect(Message order, Message answer)
    {
        var channels = order.Text(VbdFrontend.ChannelsField).Split(VbdFrontend.BetweenQueues);
        var queues = order.Text(VbdFrontend.RingsField).Split(VbdFrontend.BetweenQueues).Select((rings, number) => new BlockFrontendQueue(
            [.. rings.Split(VbdFrontend.BetweenPages).Select(r => uint.Parse(r, CultureInfo.InvariantCulture))], uint.Parse(channels[number], CultureInfo.InvariantCulture)));
        var protocol = order.Text("protocol") is { Length: > 0 } named ? named : null;
        if (!_disk.TryConnect(_domain, new(protocol, [.. queues]), _events.Failed, out var error))
        {
            throw new DeviceException(error);
        }

        answer.With("bytes", _disk.Image.Bytes).With("sector-size", _disk.Image.SectorSize).With("discard", _discard && _disk.Image.CanDiscard)
            .With("cdrom", _cdrom).With("read-only", _readOnly);
    }

    /// <inheritdoc/>
    public void Disconnect() => _disk.Disconnect();

    /// <inheritdoc/>
    public void Perform(Message order, IReadOnlyList<SafeFileHandle> descriptors, Message answer)
    {
        if (order.Text("order") != DeviceOrders.Exchange || _disk.Image is not CdDrive drive)
        {
            throw new DeviceException($"{order.Text("name")}: the order {order.Text("order")} is not for this disk");
        }

        var medium = VbdBackendKind.OpenImage(order, descriptors, _events);
        if (medium.SectorSize > drive.SectorSize)
        {
            medium.Dispose();
            throw new DeviceException($"{order.Text("name")}: {medium.Name} has sectors of {medium.SectorSize} bytes, and the drive was made with {drive.SectorSize}. Detach the drive and attach it with this medium.");
        }

        drive.Change(medium);
        Array.ForEach(_locked, file => file.Dispose());
        _locked = [.. descriptors.Skip(1)];
        answer.With("bytes", medium.Bytes);
    }

    /// <inheritdoc/>
    public IEnumerable<KeyValuePair<string, long>> Counters()
    {
        var counters = _disk.Counters;
        return
        [
            new("oo", 0), new("rd", counters.Reads), new("wr", counters.Writes), new("rsect", counters.SectorsRead), new("wsect", counters.SectorsWritten), new("fl", counters.Flushes), new("ds", counters.Discards),
            new("er", counters.Errors), .. _disk.RingIndices(),
        ];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disk.Dispose();
        Array.ForEach(_locked, file => file.Dispose());
    }
}
