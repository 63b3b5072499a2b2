using Xenolith.Abi.Block;
using Xenolith.Devices.Block.Images;
using Xenolith.Devices.Rings;
using Xenolith.Machine;

namespace Xenolith.Devices.Block;

/// <summary>What a block frontend wrote to the store when it became ready.</summary>
/// <param name="Protocol">Its <c>protocol</c> node, or null.</param>
/// <param name="RingReferences">Grant references of <c>ring-ref</c>, or of <c>ring-ref0</c> and so on.</param>
/// <param name="EventChannel">Its <c>event-channel</c>.</param>
public sealed record BlockFrontend(string? Protocol, uint[] RingReferences, uint EventChannel);

/// <summary>
/// The backend of one virtual disk in the domain's process: an image that lives as long as the disk is attached, and a connection that comes
/// and goes with the frontend. Thread ownership: the thread that performs orders about devices.
/// </summary>
public sealed class BlockBackend(string name, IDiskImage image, bool readOnly, Action<string> log) : IDisposable
{
    private MappedRing? _ring;
    private VirtualDisk? _disk;

    /// <summary>Largest <c>max-ring-page-order</c> that we offer.</summary>
    public const int MaxRingOrder = 4;

    /// <summary>What is behind the disk.</summary>
    public IDiskImage Image => image;

    /// <summary>True if writes are refused.</summary>
    public bool ReadOnly => readOnly;

    /// <summary>Called, on the disk's thread, with the new size in bytes when the image was found to have another.</summary>
    public Action<long>? Resized { get; init; }

    /// <summary>True while a frontend is connected.</summary>
    public bool Connected => _disk is not null;

    /// <summary>Counters of the present connection; null without one.</summary>
    public DiskCounters? Counters => _disk?.Counters;

    /// <summary>The ring's indices, for <c>xl inspect</c>; none without a connection.</summary>
    public IEnumerable<KeyValuePair<string, long>> RingIndices() => _disk?.RingIndices() ?? [];

    /// <summary>Connects to a frontend; an earlier connection ends first. False with the reason in words.</summary>
    /// <param name="domain">The frontend's domain.</param>
    /// <param name="frontend">What it wrote.</param>
    /// <param name="stopped">Called once, on the disk's thread, if the frontend breaks its ring later: the device is to be closed.</param>
    /// <param name="error">Why not.</param>
    public bool TryConnect(Domain domain, BlockFrontend frontend, Action<string> stopped, out string error)
    {
        ArgumentNullException.ThrowIfNull(frontend);
        Disconnect();
        if (BlkifLayout.Of(frontend.Protocol) is not { } layout)
        {
            error = $"unknown protocol '{frontend.Protocol}'";
            return false;
        }

        VirtualDisk? connected = null;
        _ring = MappedRing.TryMap(domain, frontend.RingReferences, frontend.EventChannel, () => Volatile.Read(ref connected)?.Notify(), out error);
        if (_ring is null)
        {
            error = $"disk {name}: {error}";
            return false;
        }

        var pages = _ring.Addresses;
        var ring = new SharedRing(pages, layout.EntrySize, layout.Entries(pages.Length));
        _disk = new VirtualDisk(name, image, readOnly, layout, ring, new DomainGrants(domain), _ring.Notify, log, stopped) { Resized = Resized };
        Volatile.Write(ref connected, _disk);

        // The frontend may have sent before the disk existed.
        _disk.Notify();
        return true;
    }

    /// <summary>Ends the connection after the requests in flight.</summary>
    public void Disconnect()
    {
        _disk?.Dispose();
        _disk = null;
        _ring?.Dispose();
        _ring = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Disconnect();
        image.Dispose();
    }
}
