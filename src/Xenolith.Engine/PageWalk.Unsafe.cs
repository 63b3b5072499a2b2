namespace Xenolith.Engine;

/// <summary>What a page walk is for. The values are the bits of a #PF error code.</summary>
[Flags]
public enum WalkAccess
{
    /// <summary>A data read.</summary>
    Read = 0,

    /// <summary>A data write (error-code bit 1).</summary>
    Write = 2,

    /// <summary>An access in the guest's user mode (error-code bit 2); only reported, see <see cref="PageWalk"/>.</summary>
    User = 4,

    /// <summary>An instruction fetch (error-code bit 4).</summary>
    Fetch = 16,
}

/// <summary>What a walk found.</summary>
public readonly record struct WalkResult
{
    /// <summary>True if the access is allowed.</summary>
    public bool Ok { get; init; }

    /// <summary>#PF error code if it is not.</summary>
    public uint ErrorCode { get; init; }

    /// <summary>The 4 KiB frame behind the address (also inside large pages).</summary>
    public ulong Mfn { get; init; }

    /// <summary>Host address of that frame.</summary>
    public nint Page { get; init; }

    /// <summary>True if a write through this mapping needs no further step: RW at all levels and D set in the leaf.</summary>
    public bool WritableNow { get; init; }

    /// <summary>True if instructions may be fetched: NX clear at all levels.</summary>
    public bool Executable { get; init; }

    /// <summary>The leaf table's frame, and the entry's index in it: what an engine records to find its fills again.</summary>
    public ulong LeafTableMfn { get; init; }

    /// <summary>See <see cref="LeafTableMfn"/>.</summary>
    public int LeafIndex { get; init; }

    /// <summary>The leaf entry as it stood after A (and D) were set.</summary>
    public ulong LeafEntry { get; init; }
}

/// <summary>
/// Walks a PV guest's four-level page tables, which hold machine frame numbers, with the rules of CPL3: RW is always honoured, and an
/// entry without USER is nobody's (a PV kernel runs at CPL3 too; Xen sets USER for it). Sets A, and D for writes, by compare-and-exchange
/// (design 4.2 rule 9). Stateless apart from the frames; any thread.
/// </summary>
public sealed unsafe class PageWalk(MachineFrames frames)
{
    private const ulong Present = 1, Writable = 2, UserBit = 4, Accessed = 0x20, Dirty = 0x40, Large = 0x80, NoExecute = 1UL << 63;
    private const ulong FrameMask = 0x000f_ffff_ffff_f000, ReservedMask = 0x000f_0000_0000_0000;

    /// <summary>
    /// Frame of a table whose entries 256..271 stand for Xen's own part of every address space (M2P and what else guests may read);
    /// they win over the guest's. 0: none.
    /// </summary>
    public ulong XenRootMfn { get; set; }

    /// <summary>Walks one address.</summary>
    /// <param name="rootMfn">L4 table; 0 means no table, always a fault.</param>
    /// <param name="address">Any 64-bit value; a non-canonical one is the caller's to refuse with #GP or #SS first.</param>
    /// <param name="access">The kind of access; bits as in the error code.</param>
    public WalkResult Walk(ulong rootMfn, ulong address, WalkAccess access)
    {
        var slot = (int)(address >> 39) & 511;
        var xenSlot = slot is >= 256 and < 272;
        var table = xenSlot ? XenRootMfn : rootMfn;
        var rights = Writable | UserBit;
        ulong noExecute = 0;

        for (var level = 4; table != 0; level--)
        {
            var page = frames.PageOf(table);
            if (page == 0)
            {
                return Fault(access, present: false);
            }

            var index = (int)(address >> (12 + (9 * (level - 1)))) & 511;
            // SAFETY: PageOf returned a live 4096-byte page; the index is below 512.
            var slotPointer = (ulong*)page + index;
            var entry = Volatile.Read(ref *slotPointer);

        again:
            if ((entry & Present) == 0)
            {
                return Fault(access, present: false);
            }

            if ((entry & ReservedMask) != 0)
            {
                return Fault(access, present: true) with { ErrorCode = (uint)access | 1 | 8 };
            }

            var leaf = level == 1 || (level <= 3 && (entry & Large) != 0);
            var nowRights = rights & entry;
            var nowNoExecute = noExecute | (entry & NoExecute);
            var denied = (nowRights & UserBit) == 0
                || ((access & WalkAccess.Write) != 0 && (nowRights & Writable) == 0 && leaf)
                || ((access & WalkAccess.Fetch) != 0 && nowNoExecute != 0 && leaf);
            if (denied)
            {
                return Fault(access, present: true);
            }

            var wanted = entry | Accessed | (leaf && (access & WalkAccess.Write) != 0 ? Dirty : 0);
            if (wanted != entry && !xenSlot)
            {
                var seen = Interlocked.CompareExchange(ref *slotPointer, wanted, entry);
                if (seen != entry)
                {
                    entry = seen;
                    goto again;
                }

                entry = wanted;
            }

            rights = nowRights;
            noExecute = nowNoExecute;
            var next = (entry & FrameMask) >> 12;
            if (!leaf)
            {
                table = next;
                continue;
            }

            if (level > 1)
            {
                var span = (1UL << (9 * (level - 1))) - 1;
                next = (next & ~span) | ((address >> 12) & span);
            }

            var target = frames.PageOf(next);
            if (target == 0)
            {
                return Fault(access, present: true) with { ErrorCode = (uint)access | 1 | 8 };
            }

            return new WalkResult
            {
                Ok = true,
                Mfn = next,
                Page = target,
                WritableNow = (rights & Writable) != 0 && (entry & Dirty) != 0,
                Executable = noExecute == 0,
                LeafTableMfn = table,
                LeafIndex = index,
                LeafEntry = entry,
            };
        }

        return Fault(access, present: false);
    }

    private static WalkResult Fault(WalkAccess access, bool present) => new() { ErrorCode = (uint)access | (present ? 1u : 0u) };
}
