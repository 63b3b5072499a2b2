using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Xenolith.Abi;
using Xenolith.Engine;
using Xenolith.Machine.Memory;
using static Xenolith.Abi.PageTableEntry;

namespace Xenolith.Machine.Mmu;

/// <content>Checking and dropping the entries of a whole table: the work of pin and unpin (design 4.2 rule 10).</content>
internal sealed unsafe partial class PageTypes
{
    private const int VectorEntries = 4;

    private readonly LinearTables _linear = new(memory.Table.Limit);
    private Refusal? _refusal;

    /// <summary>The last entry for which a table was refused, in words: for whoever builds a domain and for its log.</summary>
    public string? LastRefusal => _refusal?.ToString();

    /// <summary>Refers to what a present L1 entry maps.</summary>
    /// <returns>0, or as Xen's get_page_from_l1e: -EINVAL for forbidden bits, -EPERM for no memory at all, -EBUSY for a frame of another or of another type.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int GetPage(ulong entry)
    {
        if ((entry & EntryRules.L1Forbidden) != 0)
        {
            return -XenErrno.EINVAL;
        }

        var mfn = FrameOf(entry);
        var taken = (entry & Writable) != 0 ? TryReferenceWritable(mfn) : TryReference(mfn);
        if (!taken)
        {
            return WhyNoPage(mfn);
        }

        return 0;
    }

    /// <summary>The error for a present L1 entry that is to name another domain's frame, when no such frame is the guest's to map.</summary>
    public int RefuseForeign(ulong entry) =>
        (entry & EntryRules.L1Forbidden) != 0 ? -XenErrno.EINVAL : WhyNoPage(FrameOf(entry));

    /// <summary>Drops what a present L1 entry referred to; nothing if it is not present.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PutPage(ulong entry)
    {
        if ((entry & Present) == 0)
        {
            return;
        }

        if ((entry & Writable) != 0)
        {
            PutWritable(FrameOf(entry));
        }
        else
        {
            PutReference(FrameOf(entry));
        }
    }

    /// <summary>Refers to the table in a present L2, L3 or L4 entry, or to a table of the same level for a linear page table.</summary>
    public int GetLower(ulong entry, ulong tableMfn, int level)
    {
        if ((entry & EntryRules.UpperForbidden) != 0)
        {
            return -XenErrno.EINVAL;
        }

        var mfn = FrameOf(entry);
        var error = GetTable(mfn, (FrameType)(level - 1));
        return error == -XenErrno.EINVAL && TryGetLinear(entry, mfn, tableMfn, level) ? 0 : error;
    }

    /// <summary>Drops what a present L2, L3 or L4 entry referred to; nothing if it is not present, or maps its own table.</summary>
    public void PutLower(ulong entry, ulong tableMfn, int level)
    {
        var mfn = FrameOf(entry);
        if ((entry & Present) == 0 || mfn == tableMfn)
        {
            return;
        }

        if (TypeAt(mfn) == (FrameType)level)
        {
            _linear.Drop(tableMfn, mfn);
        }

        PutTable(mfn);
    }

    /// <summary>An entry of a table.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ref ulong Entry(ulong tableMfn, int index) =>
        // SAFETY: the caller refers to the table, so its page is live; the index is below 512.
        ref ((ulong*)_frames.PageOf(tableMfn))[index & (EntriesPerTable - 1)];

    private int CheckTable(ulong mfn, int level)
    {
        var entries = (ulong*)_frames.PageOf(mfn);
        for (var group = 0; group < EntriesPerTable; group += VectorEntries)
        {
            // SAFETY: the page holds 512 entries and is aligned to its size.
            var present = Vector256.LoadAligned(entries + group) << 63;
            var mask = present.ExtractMostSignificantBits();
            for (; mask != 0; mask &= mask - 1)
            {
                var index = group + System.Numerics.BitOperations.TrailingZeroCount(mask);
                if (EntryRules.IsXenSlot(level, index))
                {
                    continue;
                }

                var entry = Volatile.Read(ref entries[index]);
                var error = level == 1 ? GetPage(entry) : GetLower(entry, mfn, level);
                if (error != 0)
                {
                    DropEntries(mfn, level, index);
                    _refusal = new Refusal(mfn, level, index, entry, error);
                    return error;
                }

                var adjusted = level == 1 ? EntryRules.AdjustL1(entry) : EntryRules.AdjustUpper(entry, level);
                if (adjusted != entry)
                {
                    entries[index] = adjusted;
                }

                NoteKernelHalf(mfn, level, index, adjusted);
            }
        }

        if (level == 4)
        {
            FillXenSlots(entries);
        }

        return 0;
    }

    /// <summary>
    /// Marks what a present entry leads to, if addresses of the kernel half lead there. To be called before the entry is in force, and again
    /// afterwards, since the table itself may have been marked in between.
    /// </summary>
    private void NoteKernelHalf(ulong tableMfn, int level, int index, ulong entry)
    {
        if (level > 1 && ((_frames.FlagsOf(tableMfn) & FrameFlags.KernelHalf) != 0 || (level == 4 && index > LastXenSlot)))
        {
            MarkKernelHalf(FrameOf(entry), level - 1);
        }
    }

    private void MarkKernelHalf(ulong mfn, int level)
    {
        // A linear entry leads to a table of another level, perhaps the very one whose entries are being checked: nothing is mapped through it that runs.
        if (TypeAt(mfn) != (FrameType)level || (_frames.FlagsOf(mfn) & FrameFlags.KernelHalf) != 0
            || (_frames.ChangeFlags(mfn, FrameFlags.KernelHalf, FrameFlags.None) & FrameFlags.KernelHalf) != 0 || level == 1)
        {
            return;
        }

        for (var index = 0; index < EntriesPerTable; index++)
        {
            var entry = Volatile.Read(ref Entry(mfn, index));
            if ((entry & Present) != 0)
            {
                MarkKernelHalf(FrameOf(entry), level - 1);
            }
        }
    }

    private void DropEntries(ulong mfn, int level, int count)
    {
        var entries = (ulong*)_frames.PageOf(mfn);
        for (var group = 0; group < count; group += VectorEntries)
        {
            // SAFETY: as in CheckTable.
            var present = Vector256.LoadAligned(entries + group) << 63;
            var mask = present.ExtractMostSignificantBits();
            for (; mask != 0; mask &= mask - 1)
            {
                var index = group + System.Numerics.BitOperations.TrailingZeroCount(mask);
                if (index >= count || EntryRules.IsXenSlot(level, index))
                {
                    continue;
                }

                var entry = Volatile.Read(ref entries[index]);
                if (level == 1)
                {
                    PutPage(entry);
                }
                else
                {
                    PutLower(entry, mfn, level);
                }
            }
        }
    }

    /// <summary>Xen overwrites its slots in every L4; guests may read them there.</summary>
    private void FillXenSlots(ulong* entries)
    {
        // SAFETY: both are pages of 512 entries: the table that is checked, and Xen's own root.
        var xen = (ulong*)_frames.PageOf(memory.MachineToPhys.XenRootMfn);
        for (var slot = FirstXenSlot; slot <= LastXenSlot; slot++)
        {
            entries[slot] = xen[slot];
        }
    }

    /// <summary>
    /// A read-only entry that maps a table of its own level: the table itself, which needs no count, or another that is already checked
    /// and has no such entries of its own.
    /// </summary>
    private bool TryGetLinear(ulong entry, ulong mfn, ulong tableMfn, int level)
    {
        if ((entry & Writable) != 0)
        {
            return false;
        }

        if (mfn == tableMfn)
        {
            return true;
        }

        if (TypeAt(mfn) != (FrameType)level || !_linear.TryTake(tableMfn, mfn))
        {
            return false;
        }

        var held = TryHoldTable(mfn);
        if (held == (FrameType)level)
        {
            return true;
        }

        _linear.Drop(tableMfn, mfn);
        if (held != FrameType.None)
        {
            PutTable(mfn);
        }

        return false;
    }

    private int WhyNoPage(ulong mfn)
    {
        const ulong InvalidMfn = FrameMask >> 12;
        if (mfn < _table.Limit && _frames.PageOf(mfn) != 0)
        {
            return -XenErrno.EBUSY;
        }

        return mfn == InvalidMfn ? -XenErrno.EINVAL : -XenErrno.EPERM;
    }

    private int CheckDescriptors(ulong mfn)
    {
        for (var index = 0; index < EntriesPerTable; index++)
        {
            ref var slot = ref Entry(mfn, index);
            var descriptor = Volatile.Read(ref slot);
            if (!DescriptorRules.TryFix(descriptor, out var stored))
            {
                return -XenErrno.EINVAL;
            }

            if (stored != descriptor)
            {
                Volatile.Write(ref slot, stored);
            }
        }

        return 0;
    }

    private sealed record Refusal(ulong TableMfn, int Level, int Index, ulong Entry, int Error)
    {
        public override string ToString() => $"entry {Index} ({Entry:x}) of the L{Level} table {TableMfn:x}: error {-Error}";
    }
}
