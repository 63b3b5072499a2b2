using System.Runtime.InteropServices;

namespace Xenolith.Abi;

/// <summary>One operation of mmuext_op (struct mmuext_op, 64-bit layout).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct MmuextOp
{
    /// <summary>A <see cref="MmuextCommand"/>.</summary>
    public uint Command;

    private readonly uint _padding;

    /// <summary>arg1: a machine frame number or a linear address.</summary>
    public ulong Argument1;

    /// <summary>arg2: number of LDT entries (32 bits), address of a vCPU bitmap, or source frame.</summary>
    public ulong Argument2;
}

/// <summary>One operation of mmuext_op (struct mmuext_op, 32-bit layout).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct MmuextOp32
{
    /// <summary>A <see cref="MmuextCommand"/>.</summary>
    public uint Command;

    /// <summary>See <see cref="MmuextOp.Argument1"/>.</summary>
    public uint Argument1;

    /// <summary>See <see cref="MmuextOp.Argument2"/>.</summary>
    public uint Argument2;
}

/// <summary>Commands of mmuext_op (MMUEXT_*).</summary>
public enum MmuextCommand : uint
{
    /// <summary>Check and pin an L1 table.</summary>
    PinL1Table = 0,

    /// <summary>Check and pin an L2 table.</summary>
    PinL2Table = 1,

    /// <summary>Check and pin an L3 table.</summary>
    PinL3Table = 2,

    /// <summary>Check and pin an L4 table.</summary>
    PinL4Table = 3,

    /// <summary>Drop a pin.</summary>
    UnpinTable = 4,

    /// <summary>Load the kernel's root.</summary>
    NewBasePointer = 5,

    /// <summary>Flush this vCPU's TLB.</summary>
    TlbFlushLocal = 6,

    /// <summary>Flush one page from this vCPU's TLB.</summary>
    InvlpgLocal = 7,

    /// <summary>Flush the TLBs of a set of vCPUs.</summary>
    TlbFlushMulti = 8,

    /// <summary>Flush one page from the TLBs of a set of vCPUs.</summary>
    InvlpgMulti = 9,

    /// <summary>Flush all TLBs.</summary>
    TlbFlushAll = 10,

    /// <summary>Flush one page from all TLBs.</summary>
    InvlpgAll = 11,

    /// <summary>Write back and flush caches; for domains with devices.</summary>
    FlushCache = 12,

    /// <summary>Set the LDT.</summary>
    SetLdt = 13,

    /// <summary>Load user mode's root.</summary>
    NewUserBasePointer = 15,

    /// <summary>Zero a frame.</summary>
    ClearPage = 16,

    /// <summary>Copy a frame.</summary>
    CopyPage = 17,

    /// <summary>As <see cref="FlushCache"/>, on all processors.</summary>
    FlushCacheGlobal = 18,

    /// <summary>Mark a superpage; never supported.</summary>
    MarkSuper = 19,

    /// <summary>Unmark a superpage; never supported.</summary>
    UnmarkSuper = 20,
}
