using System.Runtime.CompilerServices;
using Xenolith.Abi;
using Xenolith.Engine;
using Xenolith.Machine.Memory;
using static Xenolith.Machine.Memory.FrameState;

namespace Xenolith.Machine.Mmu;

/// <summary>
/// The accounting of frames: references, types, and the checks when a frame becomes a table or ceases to be one (Xen's get_page_type
/// and put_page_type).
/// <para>Thread ownership: any thread. There are no locks: a frame's word is changed by compare-and-exchange, and a type reference keeps
/// a table a table while somebody changes an entry. The one wait is for another thread that is just checking the same frame for the
/// same type; a check waits only for checks of lower levels, so the waits have no cycle. A thread here is outside
/// <see cref="IVcpuEngine.Run"/>, so <see cref="IEngine.RevokeWrites"/> never waits for it.</para>
/// </summary>
internal sealed partial class PageTypes(DomainMemory memory)
{
    private readonly FrameTable _table = memory.Table;
    private readonly MachineFrames _frames = memory.Frames;
    private long _tablesChecked;

    /// <summary>The engine whose cached write access ends when a frame becomes a table; null until one is attached.</summary>
    public IEngine? Engine { get; set; }

    /// <summary>Told when the last reference to another domain's frame went (<see cref="FrameState.Foreign"/>): the grant's owner may unmap it. Any thread.</summary>
    public Action<ulong>? ForeignFrameReleased { get; set; }

    /// <summary>Frames that were checked to become tables, so far.</summary>
    public long TablesChecked => Volatile.Read(ref _tablesChecked);

    /// <summary>Refers to a frame that exists. False if it does not, or is referred to too often.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReference(ulong mfn)
    {
        if (mfn >= _table.Limit)
        {
            return false;
        }

        ref var word = ref _table[mfn];
        var seen = Volatile.Read(ref word);
        while (true)
        {
            if (CannotRefer(seen))
            {
                return false;
            }

            var before = Interlocked.CompareExchange(ref word, seen + OneReference, seen);
            if (before == seen)
            {
                return true;
            }

            seen = before;
        }
    }

    /// <summary>Refers to a frame as writable memory. False if it does not exist or is something else at present.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReferenceWritable(ulong mfn)
    {
        if (mfn >= _table.Limit)
        {
            return false;
        }

        ref var word = ref _table[mfn];
        var seen = Volatile.Read(ref word);
        while (true)
        {
            if (CannotRefer(seen))
            {
                return false;
            }

            ulong next;
            if ((seen & TypeCountMask) == 0)
            {
                next = (seen & ~TypeMask) | Of(FrameType.Writable) | Validated;
            }
            else if (TypeOf(seen) != FrameType.Writable || (seen & TypeCountMask) == TypeCountMask)
            {
                return false;
            }
            else
            {
                next = seen;
            }

            var before = Interlocked.CompareExchange(ref word, next + OneReference + OneType, seen);
            if (before == seen)
            {
                return true;
            }

            seen = before;
        }
    }

    /// <summary>Drops a reference.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PutReference(ulong mfn) => Subtract(mfn, OneReference);

    /// <summary>Drops a writable reference.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PutWritable(ulong mfn) => Subtract(mfn, OneReference + OneType);

    /// <summary>
    /// Refers to a frame as a table of a kind, checking its contents if it was none. Lower tables are referred to in turn.
    /// </summary>
    /// <returns>0, or a negated error: -EINVAL if the frame does not exist or is something else; else what a bad entry gives.</returns>
    public int GetTable(ulong mfn, FrameType type)
    {
        if (mfn >= _table.Limit)
        {
            return -XenErrno.EINVAL;
        }

        ref var word = ref _table[mfn];
        var spinner = default(SpinWait);
        while (true)
        {
            var seen = Volatile.Read(ref word);
            if (CannotRefer(seen) || (seen & Foreign) != 0)
            {
                return -XenErrno.EINVAL;
            }

            if ((seen & TypeCountMask) == 0)
            {
                var taken = ((seen & ~(TypeMask | Validated)) | Of(type)) + OneReference + OneType;
                if (Interlocked.CompareExchange(ref word, taken, seen) == seen)
                {
                    return Promote(mfn, type);
                }
            }
            else if (TypeOf(seen) != type || (seen & TypeCountMask) == TypeCountMask)
            {
                return -XenErrno.EINVAL;
            }
            else if ((seen & Validated) == 0)
            {
                spinner.SpinOnce(sleep1Threshold: -1);
            }
            else if (Interlocked.CompareExchange(ref word, seen + OneReference + OneType, seen) == seen)
            {
                return 0;
            }
        }
    }

    /// <summary>Refers once more to a frame as what it already is, if that is a validated table. The type, or <see cref="FrameType.None"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public FrameType TryHoldTable(ulong mfn)
    {
        if (mfn >= _table.Limit)
        {
            return FrameType.None;
        }

        ref var word = ref _table[mfn];
        var seen = Volatile.Read(ref word);
        while (true)
        {
            var count = seen & TypeCountMask;
            var type = TypeOf(seen);
            if (count == 0 || count == TypeCountMask || (seen & Validated) == 0 || type is FrameType.None or FrameType.Writable
                || (seen & ReferenceCountMask) == ReferenceCountMask)
            {
                return FrameType.None;
            }

            var before = Interlocked.CompareExchange(ref word, seen + OneReference + OneType, seen);
            if (before == seen)
            {
                return type;
            }

            seen = before;
        }
    }

    /// <summary>Drops a reference to a table; with the last of its type the frame is a table no more.</summary>
    public void PutTable(ulong mfn)
    {
        ref var word = ref _table[mfn];
        var seen = Volatile.Read(ref word);
        while (true)
        {
            if ((seen & TypeCountMask) == 1)
            {
                // Without its check mark nobody else can take or drop references of the type: the rest is this thread's.
                var before = Interlocked.CompareExchange(ref word, seen & ~Validated, seen);
                if (before == seen)
                {
                    Demote(mfn, TypeOf(seen));
                    return;
                }

                seen = before;
            }
            else
            {
                var before = Interlocked.CompareExchange(ref word, seen - OneReference - OneType, seen);
                if (before == seen)
                {
                    return;
                }

                seen = before;
            }
        }
    }

    /// <summary>Marks a table that the caller refers to as pinned; false if it was already.</summary>
    public bool TryPin(ulong mfn) => (Interlocked.Or(ref _table[mfn], Pinned) & Pinned) == 0;

    /// <summary>Takes the pin mark away; false if there was none. The pin's reference is then the caller's to drop.</summary>
    public bool TryUnpin(ulong mfn) =>
        mfn < _table.Limit && (Volatile.Read(ref _table[mfn]) & Pinned) != 0 && (Interlocked.And(ref _table[mfn], ~Pinned) & Pinned) != 0;

    /// <summary>What a frame is at present.</summary>
    public FrameType TypeAt(ulong mfn)
    {
        var word = mfn < _table.Limit ? Volatile.Read(ref _table[mfn]) : 0;
        return (word & TypeCountMask) == 0 ? FrameType.None : TypeOf(word);
    }

    /// <summary>Drops the domain's ownership of a frame of its RAM; the frame goes with its last reference. False if it is not the domain's.</summary>
    public bool TryDisown(ulong mfn)
    {
        if (mfn >= _table.Limit || (Volatile.Read(ref _table[mfn]) & Allocated) == 0
            || (Interlocked.And(ref _table[mfn], ~Allocated) & Allocated) == 0)
        {
            return false;
        }

        PutReference(mfn);
        return true;
    }

    /// <summary>Takes a frame of the domain's RAM out of the accounting, if nothing refers to it but the ownership. Its release is the caller's.</summary>
    public bool TrySteal(ulong mfn)
    {
        if (mfn >= _table.Limit)
        {
            return false;
        }

        ref var word = ref _table[mfn];
        var seen = Volatile.Read(ref word);
        return (seen & (Allocated | ReferenceCountMask)) == (Allocated | OneReference) && Interlocked.CompareExchange(ref word, 0, seen) == seen;
    }

    /// <summary>Undoes <see cref="TrySteal"/>.</summary>
    public void GiveBack(ulong mfn) => Volatile.Write(ref _table[mfn], Allocated | OneReference);

    // Zero would become one, the last would wrap: both are refused by one comparison.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool CannotRefer(ulong word) => (word & ReferenceCountMask) - OneReference >= ReferenceCountMask - OneReference;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Subtract(ulong mfn, ulong what)
    {
        var left = Interlocked.Add(ref _table[mfn], 0 - what);
        if ((left & ReferenceCountMask) == 0)
        {
            Vanish(mfn);
        }
    }

    private void Vanish(ulong mfn)
    {
        // Nobody can take a new reference to a frame without any, so the word is this thread's.
        var foreign = (Volatile.Read(ref _table[mfn]) & Foreign) != 0;
        Volatile.Write(ref _table[mfn], 0);
        if (foreign)
        {
            ForeignFrameReleased?.Invoke(mfn);
        }
        else
        {
            memory.Release(mfn);
        }
    }

    private int Promote(ulong mfn, FrameType type)
    {
        Interlocked.Increment(ref _tablesChecked);
        _frames.ChangeFlags(mfn, FrameFlags.PageTable, FrameFlags.None);
        Engine?.RevokeWrites(mfn);

        var error = type == FrameType.SegmentDescriptors ? CheckDescriptors(mfn) : CheckTable(mfn, (int)type);
        if (error == 0)
        {
            Interlocked.Or(ref _table[mfn], Validated);
            return 0;
        }

        Untype(mfn);
        return error;
    }

    private void Demote(ulong mfn, FrameType type)
    {
        if (type == FrameType.L4 || (_frames.FlagsOf(mfn) & FrameFlags.KernelHalf) != 0)
        {
            // From now on plain stores change it, and it may come back as the same table with other contents.
            Interlocked.Increment(ref _kernelHalfChanges);
        }

        if (type != FrameType.SegmentDescriptors)
        {
            DropEntries(mfn, (int)type, PageTableEntry.EntriesPerTable);
        }

        Untype(mfn);
    }

    private void Untype(ulong mfn)
    {
        _frames.ChangeFlags(mfn, FrameFlags.None, FrameFlags.PageTable | FrameFlags.KernelHalf);
        ref var word = ref _table[mfn];
        var seen = Volatile.Read(ref word);
        while (true)
        {
            var next = (seen & ~(TypeMask | Validated)) - OneReference - OneType;
            var before = Interlocked.CompareExchange(ref word, next, seen);
            if (before == seen)
            {
                if ((next & ReferenceCountMask) == 0)
                {
                    Vanish(mfn);
                }

                return;
            }

            seen = before;
        }
    }
}
