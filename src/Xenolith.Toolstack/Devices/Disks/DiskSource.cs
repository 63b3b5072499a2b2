using System.Runtime.InteropServices;
using Xenolith.Config.Disks;
using Xenolith.Toolstack.Control;

namespace Xenolith.Toolstack.Devices.Disks;

/// <summary>What is behind a disk, as the monitor gets hold of it. Thread ownership: the monitor's thread.</summary>
internal abstract class DiskSource : IDisposable
{
    /// <summary>Opens files and connections, starts servers; calls <paramref name="done"/> once, with null or with what went wrong.</summary>
    public abstract void Start(DeviceSurroundings around, Action<string?> done);

    /// <summary>The disk's nodes stand: runs the hotplug script, if there is one, and opens what it made.</summary>
    public virtual void Provide(DeviceSurroundings around, Action<string?> done) => done(null);

    /// <summary>The disk is closed and its nodes still stand: lets the hotplug script remove what it made.</summary>
    public virtual void Unplug(DeviceSurroundings around, Action done) => done();

    /// <summary>Adds fields and descriptors to the order that opens the disk.</summary>
    public abstract void FillOpen(Message order, List<SafeHandle> descriptors);

    /// <summary>The domain process has what it needs.</summary>
    public abstract void HandedOver();

    /// <summary>Nodes that name the device behind the disk, as Xen's hotplug script writes them.</summary>
    public virtual IEnumerable<(string Name, string Value)> PhysicalNodes() => [];

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Chooses the source of a disk.</summary>
    /// <exception cref="ToolstackException">There is none.</exception>
    public static DiskSource Of(DiskConfig disk)
    {
        string? refusal = disk switch
        {
            { BackendDomain: not (null or "0" or XenHost.Domain0Name or "dom0") } => $"backend={disk.BackendDomain}: only Domain-0 serves disks; driver domains are not supported. Leave `backend' out.",
            { Specification: "virtio" } => "specification=virtio is for guests without Xen's drivers and is not supported. Leave it out.",
            { HasOwnScript: true, IsCdrom: true } => "script= makes a block device for as long as the disk is attached, and the medium of a drive is changed meanwhile. Leave `cdrom' or `script' out.",
            { HasOwnScript: true, Backend: DiskBackend.Qdisk } => "the device that script= makes is served in the domain's process, not by a QEMU. Leave `backendtype' out.",
            { HasOwnScript: true, Format: not DiskFormat.Raw } => $"the device that script= makes is served raw, not as {disk.Format.ToString().ToLowerInvariant()}. Leave the format out.",
            { Backend: DiskBackend.Standalone } => "backendtype=standalone means a server that somebody else starts, which is not supported. Leave it out.",
            { Backend: DiskBackend.Phy, Format: not (DiskFormat.Raw or DiskFormat.Empty) } => $"backendtype=phy serves raw images only, not {disk.Format.ToString().ToLowerInvariant()}. Leave `backendtype' out.",
            { Backend: DiskBackend.Tap, Format: not (DiskFormat.Raw or DiskFormat.Vhd or DiskFormat.Empty) } => $"backendtype=tap serves raw and vhd images only, not {disk.Format.ToString().ToLowerInvariant()}. Leave `backendtype' out.",
            { Format: DiskFormat.Empty, IsCdrom: false } => "format=empty is for cdrom drives only. Name an image.",
            { Format: DiskFormat.Empty, Target: not (null or "") } => $"an image is given ({disk.Target}), yet the format says that the drive is empty. Leave one of them out.",
            _ => null,
        };
        return refusal is not null
            ? throw new ToolstackException(DiskTrouble.Begin(disk) + refusal, ToolstackException.CreationFailed)
            : disk.HasOwnScript ? new ScriptSource(disk)
            : disk.Format switch
            {
                DiskFormat.Empty => new EmptyDrive(),
                DiskFormat.Raw when !DiskTargets.IsRemote(disk.Target) => new RawSource(disk),
                _ => new NbdSource(disk),
            };
    }
}
