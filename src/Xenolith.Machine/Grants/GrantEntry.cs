using Xenolith.Abi;
using Xenolith.Machine.Memory;
using Xenolith.Machine.Mmu;

namespace Xenolith.Machine.Grants;

/// <summary>The page-table entry behind a grant's mapping, found by virtual or by machine address (GNTMAP_contains_pte).</summary>
internal static class GrantEntry
{
    private const ulong RightsMask = PageTableEntry.Present | PageTableEntry.Writable;

    /// <summary>Maps a frame. False if there is no such entry, or the frame cannot be mapped so.</summary>
    public static bool TryWrite(Vcpu vcpu, ulong address, ulong mfn, uint flags)
    {
        var types = vcpu.Domain.Mmu.Types;
        if (!TryHold(vcpu, types, address, flags, out var table, out var index))
        {
            return false;
        }

        var error = types.Update(table, 1, index, Wanted(mfn, flags), preserveAccessed: false);
        types.PutTable(table);
        return error == 0;
    }

    /// <summary>Takes a mapping away if the entry still is one of the frame with the same rights, or puts the entry of another address in its place.</summary>
    /// <param name="vcpu">The caller.</param>
    /// <param name="address">Where it was mapped.</param>
    /// <param name="mfn">The granted frame.</param>
    /// <param name="flags">As it was mapped.</param>
    /// <param name="from">Address whose entry moves here; 0 for none.</param>
    public static bool TryReplace(Vcpu vcpu, ulong address, ulong mfn, uint flags, ulong from)
    {
        var types = vcpu.Domain.Mmu.Types;
        if ((from != 0 && (flags & GrantMapFlags.ContainsEntry) != 0) || !TryHold(vcpu, types, address, flags, out var table, out var index))
        {
            return false;
        }

        var done = TryReplace(vcpu, types, table, index, Wanted(mfn, flags), from);
        types.PutTable(table);
        vcpu.Domain.Engine.FlushTlb(VcpuMask.All, null);
        return done;
    }

    private static bool TryReplace(Vcpu vcpu, PageTypes types, ulong table, int index, ulong wanted, ulong from)
    {
        var old = Volatile.Read(ref types.Entry(table, index));
        if (PageTableEntry.FrameOf(old) != PageTableEntry.FrameOf(wanted) || ((old ^ wanted) & RightsMask) != 0)
        {
            return false;
        }

        if (from == 0)
        {
            return types.Update(table, 1, index, 0, preserveAccessed: false) == 0;
        }

        if (!TryHold(vcpu, types, from, 0, out var source, out var sourceIndex))
        {
            return false;
        }

        var moved = Volatile.Read(ref types.Entry(source, sourceIndex));
        var done = types.CompareExchange(table, index, old, moved, out var seen) == 0 && seen == old
            && types.Update(source, 1, sourceIndex, 0, preserveAccessed: false) == 0;
        types.PutTable(source);
        return done;
    }

    /// <summary>Finds the table of an entry and keeps it an L1 table until it is put.</summary>
    private static bool TryHold(Vcpu vcpu, PageTypes types, ulong address, uint flags, out ulong table, out int index)
    {
        if ((flags & GrantMapFlags.ContainsEntry) != 0)
        {
            (table, index) = (address >> 12, (int)(address >> 3) & (PageTableEntry.EntriesPerTable - 1));
            if ((address & 7) != 0)
            {
                return false;
            }
        }
        else if (!TableWalk.TryFindL1(types, vcpu.KernelRootMfn, address, out table, out index))
        {
            return false;
        }

        var level = types.TryHoldTable(table);
        if (level is not FrameType.L1 and not FrameType.None)
        {
            types.PutTable(table);
        }

        return level == FrameType.L1;
    }

    private static ulong Wanted(ulong mfn, uint flags)
        => (mfn << 12) | PageTableEntry.Present | PageTableEntry.Accessed | PageTableEntry.Dirty | PageTableEntry.NoExecute
            | ((flags & GrantMapFlags.Application) != 0 ? PageTableEntry.User : 0)
            | ((flags & GrantMapFlags.ReadOnly) == 0 ? PageTableEntry.Writable : 0)
            | (((ulong)(flags >> GrantMapFlags.AvailableShift) & 7) << 9);
}
