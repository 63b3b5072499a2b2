namespace Xenolith.Abi.Boot;

/// <summary>Types of the ELF notes with owner "Xen" (xen/include/public/elfnote.h).</summary>
public enum ElfNote : uint
{
    /// <summary>Free text.</summary>
    Info = 0,

    /// <summary>Virtual address of the first instruction.</summary>
    Entry = 1,

    /// <summary>Virtual address of a page that the builder fills with hypercall stubs.</summary>
    HypercallPage = 2,

    /// <summary>Virtual address of pseudo-physical address 0.</summary>
    VirtBase = 3,

    /// <summary>Subtracted from the ELF file's physical addresses.</summary>
    PaddrOffset = 4,

    /// <summary>"xen-3.0".</summary>
    XenVersion = 5,

    /// <summary>Name of the guest system.</summary>
    GuestOs = 6,

    /// <summary>Its version.</summary>
    GuestVersion = 7,

    /// <summary>"generic".</summary>
    Loader = 8,

    /// <summary>PAE: "yes", "no", "bimodal"; also on 64-bit kernels, where it means nothing.</summary>
    PaeMode = 9,

    /// <summary>Feature names, separated by |, required ones behind a !.</summary>
    Features = 10,

    /// <summary>"yes": the kernel wants its symbol table loaded behind itself.</summary>
    BsdSymtab = 11,

    /// <summary>Lowest address the hypervisor may take.</summary>
    HvStartLow = 12,

    /// <summary>Pairs of mask and value that mark a valid L1 entry's frame.</summary>
    L1MfnValid = 13,

    /// <summary>Nonzero: SCHEDOP_shutdown(suspend) may come back cancelled.</summary>
    SuspendCancel = 14,

    /// <summary>Virtual address where the p2m list is to be mapped.</summary>
    InitP2M = 15,

    /// <summary>Nonzero: the ramdisk need not be mapped, mod_start may be a frame number.</summary>
    ModStartPfn = 16,

    /// <summary>Bit mask of <c>XENFEAT</c> numbers the kernel can run with.</summary>
    SupportedFeatures = 17,

    /// <summary>32-bit physical entry of a PVH start; nothing to a PV one.</summary>
    Phys32Entry = 18,

    /// <summary>Relocation limits of a PVH kernel.</summary>
    Phys32Reloc = 19,
}
