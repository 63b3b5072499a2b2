namespace Xenolith.Machine.Memory;

/// <summary>
/// Where things stand in a domain's machine address space (design 4.2 rule 12). The numbers are the domain's own: no frame means the same
/// in another domain, and none is a host frame.
/// </summary>
public static class MachineLayout
{
    /// <summary>First frame of pages that the hypervisor owns: shared_info, grant frames, Xen's own page tables.</summary>
    public const ulong HypervisorPagesMfn = 0x10000;

    /// <summary>Most pages of that kind.</summary>
    public const ulong HypervisorPageCount = 0x8000;

    /// <summary>First frame of the machine-to-physical table.</summary>
    public const ulong MachineToPhysMfn = 0x20000;

    /// <summary>First frame of the domain's RAM: at 4 GiB, so that a frame number that strays below is seen to be wrong.</summary>
    public const ulong RamMfn = 0x100000;

    /// <summary>Most frames of RAM a domain can have: what the machine-to-physical table has room for (1 TiB).</summary>
    public const ulong MaximumRamFrames = 0x1000_0000;

    /// <summary>Frames kept above the RAM for pages granted by other domains.</summary>
    public const ulong ForeignFrameCount = 0x10000;
}
