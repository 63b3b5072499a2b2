using System.Runtime.InteropServices;

namespace Xenolith.Abi;

/// <summary>trap_info of set_trap_table (public/arch-x86/xen.h), 64-bit layout.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
public struct TrapInfo
{
    /// <summary>Exception vector.</summary>
    public byte Vector;

    /// <summary>Bits 0..1: privilege needed for <c>int n</c>; bit 2: mask events on entry.</summary>
    public byte Flags;

    /// <summary>Code selector.</summary>
    public ushort CodeSelector;

    private readonly uint _padding;

    /// <summary>Code address; 0 ends a table.</summary>
    public ulong Address;

    /// <summary>TI_GET_IF: mask events on entry.</summary>
    public readonly bool MasksEvents => (Flags & 4) != 0;

    /// <summary>TI_GET_DPL.</summary>
    public readonly int PrivilegeLevel => Flags & 3;
}
