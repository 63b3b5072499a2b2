using System.Runtime.InteropServices;
using Xenolith.Config.Disks;
using Xenolith.Toolstack.Control;

namespace Xenolith.Toolstack.Devices.Disks;

/// <summary>A disk whose block device a hotplug script makes; what it made is then served like any other raw device.</summary>
internal sealed class ScriptSource(DiskConfig disk) : DiskSource
{
    private DiskScript? _script;
    private RawSource? _device;

    /// <inheritdoc/>
    public override void Start(DeviceSurroundings around, Action<string?> done)
    {
        _script = new(disk, around);
        done(_script.Missing());
    }

    /// <inheritdoc/>
    public override void Provide(DeviceSurroundings around, Action<string?> done) => _script!.Run((path, error) =>
    {
        if (path is null)
        {
            done(error);
            return;
        }

        _device = new(disk with { Target = path });
        _device.Start(around, done);
    });

    /// <inheritdoc/>
    public override void Unplug(DeviceSurroundings around, Action done)
    {
        // A device that is still open could not be taken away.
        _device?.Dispose();
        _script!.Undo(done);
    }

    /// <inheritdoc/>
    public override void FillOpen(Message order, List<SafeHandle> descriptors) => _device!.FillOpen(order, descriptors);

    /// <inheritdoc/>
    public override void HandedOver() => _device!.HandedOver();

    /// <inheritdoc/>
    public override IEnumerable<(string Name, string Value)> PhysicalNodes() => _device!.PhysicalNodes();

    /// <inheritdoc/>
    public override void Dispose() => _device?.Dispose();
}
