using Xenolith.Abi;
using Xenolith.Engine;
using Xenolith.Machine.Memory;

namespace Xenolith.Machine.Mmu;

/// <content>Changing one entry of a table that the caller holds (Xen's mod_l1_entry to mod_l4_entry).</content>
internal sealed partial class PageTypes
{
    private const ulong AccessedDirty = PageTableEntry.Accessed | PageTableEntry.Dirty;
    private long _kernelHalfChanges;

    /// <summary>Changes an entry, taking what the new one maps and dropping what the old one did.</summary>
    /// <param name="tableMfn">The table; the caller has a type reference, so it stays one.</param>
    /// <param name="level">Its level.</param>
    /// <param name="index">Which entry.</param>
    /// <param name="value">The entry as the guest wants it.</param>
    /// <param name="preserveAccessed">Keep the A and D bits that the old entry has at the moment of the change (MMU_PT_UPDATE_PRESERVE_AD).</param>
    /// <returns>0 or a negated error; then nothing changed.</returns>
    public int Update(ulong tableMfn, int level, int index, ulong value, bool preserveAccessed)
    {
        if (EntryRules.IsXenSlot(level, index))
        {
            return -XenErrno.EINVAL;
        }

        ref var slot = ref Entry(tableMfn, index);
        if ((value & PageTableEntry.Present) != 0)
        {
            if (level == 1)
            {
                value = OfDevice(value);
            }

            if ((value & (level == 1 ? EntryRules.L1Forbidden : EntryRules.UpperForbidden)) != 0)
            {
                return -XenErrno.EINVAL;
            }

            value = level == 1 ? EntryRules.AdjustL1(value) : EntryRules.AdjustUpper(value, level);
            var old = Volatile.Read(ref slot);
            while (EntryRules.SameMapping(old, value))
            {
                var seen = Interlocked.CompareExchange(ref slot, value | (preserveAccessed ? old & AccessedDirty : 0), old);
                if (seen == old)
                {
                    _frames.NoteWrite(tableMfn, index * sizeof(ulong), sizeof(ulong));
                    Notify(tableMfn, level, index, old);
                    return 0;
                }

                old = seen;
            }

            var error = level == 1 ? GetPage(value) : GetLower(value, tableMfn, level);
            if (error != 0)
            {
                return error;
            }

            NoteKernelHalf(tableMfn, level, index, value);
        }

        var replaced = Replace(ref slot, value, preserveAccessed);
        _frames.NoteWrite(tableMfn, index * sizeof(ulong), sizeof(ulong));
        Drop(tableMfn, level, index, replaced);
        if ((value & PageTableEntry.Present) != 0)
        {
            NoteKernelHalf(tableMfn, level, index, value);
        }

        return 0;
    }

    /// <summary>
    /// An L1 entry that a driver makes for <see cref="AbsentHardware"/> names that page, without the driver's memory type, as Xen itself adjusts entries
    /// of device memory. In a guest with RAM where the registers are on a PC, the driver's entry names that RAM, uncached: Xen refuses such an entry.
    /// Any other entry is left as it is.
    /// </summary>
    private ulong OfDevice(ulong entry)
    {
        var mfn = PageTableEntry.FrameOf(entry);
        var meant = mfn == AbsentHardware.Mfn || ((entry & EntryRules.CacheTypes) != 0 && memory.MachineToPhys.Get(mfn) == AbsentHardware.Mfn);
        return meant ? (entry & ~(PageTableEntry.FrameMask | EntryRules.CacheTypes)) | (AbsentHardware.Mfn << 12) : entry;
    }

    /// <summary>
    /// Changes an L1 entry if it still is what the guest saw: the step behind an emulated locked instruction.
    /// </summary>
    /// <param name="tableMfn">The table; the caller has a type reference.</param>
    /// <param name="index">Which entry.</param>
    /// <param name="expected">What it must be.</param>
    /// <param name="value">The entry as the guest wants it.</param>
    /// <param name="seen">What it was.</param>
    /// <returns>0 or a negated error for the new value. If <paramref name="seen"/> is not <paramref name="expected"/>, nothing changed.</returns>
    public int CompareExchange(ulong tableMfn, int index, ulong expected, ulong value, out ulong seen)
    {
        ref var slot = ref Entry(tableMfn, index);
        var present = (value & PageTableEntry.Present) != 0;
        if (present)
        {
            var error = GetPage(value);
            if (error != 0)
            {
                seen = Volatile.Read(ref slot);
                return error;
            }

            value = EntryRules.AdjustL1(value);
        }

        seen = Interlocked.CompareExchange(ref slot, value, expected);
        if (seen == expected)
        {
            _frames.NoteWrite(tableMfn, index * sizeof(ulong), sizeof(ulong));
            Drop(tableMfn, 1, index, expected);
        }
        else
        {
            PutPage(value);
        }

        return 0;
    }

    private static ulong Replace(ref ulong slot, ulong value, bool preserveAccessed)
    {
        if (!preserveAccessed)
        {
            return Interlocked.Exchange(ref slot, value);
        }

        var old = Volatile.Read(ref slot);
        while (true)
        {
            var seen = Interlocked.CompareExchange(ref slot, value | (old & AccessedDirty), old);
            if (seen == old)
            {
                return old;
            }

            old = seen;
        }
    }

    private void Drop(ulong tableMfn, int level, int index, ulong old)
    {
        if ((old & PageTableEntry.Present) == 0)
        {
            return;
        }

        Notify(tableMfn, level, index, old);
        if (level == 1)
        {
            PutPage(old);
        }
        else
        {
            PutLower(old, tableMfn, level);
        }
    }

    /// <summary>Counts changes of entries through which kernel-half addresses lead, so that a vCPU may keep a translation until the next one.</summary>
    public long KernelHalfChanges => Volatile.Read(ref _kernelHalfChanges);

    private void Notify(ulong tableMfn, int level, int index, ulong old)
    {
        if (level == 4 ? index > PageTableEntry.LastXenSlot : (_frames.FlagsOf(tableMfn) & FrameFlags.KernelHalf) != 0)
        {
            Interlocked.Increment(ref _kernelHalfChanges);
        }

        Engine?.PageTableEntryChanged(tableMfn, level, index, old);
    }
}
