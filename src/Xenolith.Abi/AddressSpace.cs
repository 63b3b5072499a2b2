namespace Xenolith.Abi;

/// <summary>Fixed addresses of a 64-bit PV guest's address space.</summary>
public static class AddressSpace
{
    /// <summary>First address of the part that is Xen's.</summary>
    public const ulong HypervisorStart = 0xffff_8000_0000_0000;

    /// <summary>First address behind it.</summary>
    public const ulong HypervisorEnd = 0xffff_8800_0000_0000;

    /// <summary>The machine-to-physical table: one 64-bit frame number for each machine frame, readable by the guest.</summary>
    public const ulong MachineToPhysStart = HypervisorStart;

    /// <summary>First address behind the table's largest extent.</summary>
    public const ulong MachineToPhysEnd = 0xffff_8040_0000_0000;

    /// <summary>What the table holds for a machine frame without a guest frame.</summary>
    public const ulong InvalidMachineToPhysEntry = ulong.MaxValue;

    /// <summary>True for an address that Xen reads or writes on a 64-bit guest's behalf: canonical, and not in Xen's own part.</summary>
    public static bool IsGuestAddress(ulong address) => address < 0x0000_8000_0000_0000 || address >= HypervisorEnd;
}
