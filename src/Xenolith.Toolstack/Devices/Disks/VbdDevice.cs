using System.Globalization;
using System.Runtime.InteropServices;
using Xenolith.Config.Disks;
using Xenolith.Devices.Block;
using Xenolith.Toolstack.Control;

namespace Xenolith.Toolstack.Devices.Disks;

/// <summary>One disk of a domain, on the monitor's side: what is behind it, and its nodes as libxl and Linux's blkback write them.</summary>
internal sealed class VbdDevice(DiskConfig config, int number) : Device
{
    private DiskSource? _source;

    /// <summary>The disk as configured.</summary>
    public DiskConfig Config => config;

    /// <inheritdoc/>
    public override string Kind => VbdKind.KindName;

    /// <inheritdoc/>
    public override string BackendKind => VbdNodes.BackendOf(config).Directory;

    /// <inheritdoc/>
    public override int Id => number;

    /// <inheritdoc/>
    public override string Title => $"disk {config.VirtualDevice}";

    /// <inheritdoc/>
    public override void Prepare(DeviceSurroundings surroundings, Action<string?> done)
    {
        _source = DiskSource.Of(config);
        _source.Start(surroundings, done);
    }

    /// <inheritdoc/>
    public override DeviceNodes Nodes(int domid) => VbdNodes.Of(config, number, domid);

    /// <inheritdoc/>
    public override void Provide(DeviceSurroundings surroundings, Action<string?> done) => _source!.Provide(surroundings, done);

    /// <inheritdoc/>
    public override void FillOpen(Message order, List<SafeHandle> descriptors)
    {
        order.With("dev", config.VirtualDevice).With("read-only", !config.Writable).With("discard", config.Discard ?? config.Writable).With("cdrom", config.IsCdrom);
        _source!.FillOpen(order, descriptors);
    }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, string Value)> Opened(Message answer)
    {
        _source!.HandedOver();
        return
        [
            ("feature-max-indirect-segments", BlockRequest.MaxSegments.ToString(CultureInfo.InvariantCulture)),
            ("multi-queue-max-queues", BlockBackend.MaxQueues.ToString(CultureInfo.InvariantCulture)),
            ("max-ring-page-order", BlockBackend.MaxRingOrder.ToString(CultureInfo.InvariantCulture)),
            .. _source.PhysicalNodes(),
            ("hotplug-status", "connected"),
        ];
    }

    /// <inheritdoc/>
    public override string? FillConnect(Func<string, string?> frontend, Message order) => VbdFrontend.Read(frontend, order);

    /// <inheritdoc/>
    public override IEnumerable<(string Name, string Value)> Connected(Message answer) => VbdNodes.Connected(config, answer);

    /// <inheritdoc/>
    public override IEnumerable<(string Name, string Value)> Said(Message message) => [("sectors", (message.Number("bytes") / 512).ToString(CultureInfo.InvariantCulture))];

    /// <inheritdoc/>
    public override (IEnumerable<string> Removed, IEnumerable<(string Name, string Value)> Written) Exchanged(Message answer)
    {
        _source!.HandedOver();
        return (["physical-device", "physical-device-path"], [("params", VbdNodes.Parameters(config)), .. _source.PhysicalNodes(), .. Said(answer)]);
    }

    /// <inheritdoc/>
    public override void Unplug(DeviceSurroundings surroundings, Action done)
    {
        if (_source is null)
        {
            done();
            return;
        }

        _source.Unplug(surroundings, done);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _source?.Dispose();
        base.Dispose();
    }
}
