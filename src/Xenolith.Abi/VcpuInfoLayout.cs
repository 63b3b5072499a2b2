namespace Xenolith.Abi;

/// <summary>Byte offsets in the 64-bit vcpu_info (public/xen.h): 64 bytes a vCPU.</summary>
public static class VcpuInfoLayout
{
    /// <summary>Bytes of the structure.</summary>
    public const int Size = 64;

    /// <summary>evtchn_upcall_pending: 8 bits, written by Xen to 1, cleared by the guest.</summary>
    public const int UpcallPending = 0;

    /// <summary>evtchn_upcall_mask: 8 bits, the guest's interrupt flag, inverted.</summary>
    public const int UpcallMask = 1;

    /// <summary>evtchn_pending_sel: one bit a word of the 2-level pending array.</summary>
    public const int PendingSelector = 8;

    /// <summary>arch.cr2.</summary>
    public const int Cr2 = 16;

    /// <summary>time: a <see cref="VcpuTimeInfo"/>.</summary>
    public const int Time = 32;
}
