namespace Xenolith.Abi;

/// <summary>Byte offsets in the 64-bit shared_info page (public/xen.h, public/arch-x86/xen.h).</summary>
public static class SharedInfoLayout
{
    /// <summary>vcpu_info[32]; see <see cref="VcpuInfoLayout"/>.</summary>
    public const int VcpuInfo = 0;

    /// <summary>How many vCPUs have their vcpu_info in the page; the others must register one.</summary>
    public const int LegacyVcpus = 32;

    /// <summary>evtchn_pending[64], 8 bytes each: one bit a port of the 2-level ABI.</summary>
    public const int EventPending = 2048;

    /// <summary>evtchn_mask[64].</summary>
    public const int EventMask = 2560;

    /// <summary>wc_version: odd while the wall clock is being written.</summary>
    public const int WallclockVersion = 3072;

    /// <summary>wc_sec: low 32 bits of the seconds since 1970 at system time 0.</summary>
    public const int WallclockSeconds = 3076;

    /// <summary>wc_nsec.</summary>
    public const int WallclockNanoseconds = 3080;

    /// <summary>wc_sec_hi: high 32 bits of the seconds.</summary>
    public const int WallclockSecondsHigh = 3084;

    /// <summary>arch.max_pfn.</summary>
    public const int ArchMaxPfn = 3088;

    /// <summary>arch.pfn_to_mfn_frame_list_list.</summary>
    public const int ArchFrameListList = 3096;

    /// <summary>arch.nmi_reason.</summary>
    public const int ArchNmiReason = 3104;

    /// <summary>arch.p2m_cr3, p2m_vaddr and p2m_generation follow each other.</summary>
    public const int ArchP2mCr3 = 3112;
}
