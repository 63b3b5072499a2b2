using Xenolith.Abi;

namespace Xenolith.Machine.Mmu;

/// <summary>Finds the entry that maps an address, without regard to rights and without setting A.</summary>
internal static class TableWalk
{
    private const ulong Kind = PageTableEntry.Present | PageTableEntry.Large;

    /// <summary>Finds the L1 table and index of an address in checked tables; false if an upper entry is missing or the address is not the guest's.</summary>
    public static bool TryFindL1(PageTypes types, ulong rootMfn, ulong address, out ulong tableMfn, out int index)
    {
        tableMfn = rootMfn;
        index = (int)(address >> 12) & (PageTableEntry.EntriesPerTable - 1);
        if (rootMfn == 0 || !AddressSpace.IsGuestAddress(address))
        {
            return false;
        }

        for (var level = 4; level > 1; level--)
        {
            var entry = Volatile.Read(ref types.Entry(tableMfn, (int)(address >> (12 + (9 * (level - 1))))));
            if ((entry & Kind) != PageTableEntry.Present)
            {
                return false;
            }

            tableMfn = PageTableEntry.FrameOf(entry);
        }

        return true;
    }
}
