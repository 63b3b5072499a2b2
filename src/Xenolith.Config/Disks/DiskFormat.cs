namespace Xenolith.Config.Disks;

/// <summary>What a disk's image holds: <c>format=</c> of xl-disk-configuration(5).</summary>
public enum DiskFormat
{
    /// <summary>The blocks themselves, in a file or a device.</summary>
    Raw,

    /// <summary>QEMU's first copy-on-write format.</summary>
    Qcow,

    /// <summary>QEMU's second copy-on-write format.</summary>
    Qcow2,

    /// <summary>Microsoft's virtual hard disk.</summary>
    Vhd,

    /// <summary>QEMU's enhanced disk.</summary>
    Qed,

    /// <summary>VMware's disk. Not in real xl.</summary>
    Vmdk,

    /// <summary>VirtualBox's disk. Not in real xl.</summary>
    Vdi,

    /// <summary>Microsoft's newer virtual hard disk. Not in real xl.</summary>
    Vhdx,

    /// <summary>No medium in the drive.</summary>
    Empty,
}
