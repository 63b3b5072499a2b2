using System.Runtime.InteropServices;

namespace Xenolith.Abi;

/// <summary>One request of mmu_update (struct mmu_update; the same for 32- and 64-bit guests).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct MmuUpdate
{
    /// <summary>In bits 0..2: change a page-table entry, checked.</summary>
    public const int NormalPtUpdate = 0;

    /// <summary>In bits 0..2: set a frame's machine-to-physical entry.</summary>
    public const int MachPhysUpdate = 1;

    /// <summary>In bits 0..2: as <see cref="NormalPtUpdate"/>, but keep the entry's A and D bits.</summary>
    public const int PtUpdatePreserveAd = 2;

    /// <summary>In bits 0..2: as <see cref="NormalPtUpdate"/>; the value is never translated.</summary>
    public const int PtUpdateNoTranslate = 3;

    /// <summary>In the count argument of mmu_update and mmuext_op: the call goes on after an interruption, and the done count adds up.</summary>
    public const uint Preempted = 0x8000_0000;

    /// <summary>Machine address of an entry or a frame, with the command in bits 0..2.</summary>
    public ulong Pointer;

    /// <summary>New entry, or guest frame number.</summary>
    public ulong Value;
}
