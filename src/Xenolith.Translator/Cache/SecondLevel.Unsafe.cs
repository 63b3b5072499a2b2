namespace Xenolith.Translator.Cache;

/// <summary>
/// The second level of a context's soft TLB: pages that had to give way in the first, which has one place for a page and the pages 16 MiB from it. Its index mixes all of
/// the address, so that two pages that share a place there hardly ever share one here. <see cref="Emit.MissThunks"/> copies entries back. An entry is
/// one of the first level word by word, with these meanings: without a host page it has nothing, and a word 3 that is not 0 says that it is in the list of what was
/// filled. All zero is empty: the memory costs nothing before it is used.
/// <para>Thread ownership: the vCPU's own thread, outside emitted code.</para>
/// </summary>
/// <param name="table">The memory, <see cref="State.SecondBytes"/> of zeros.</param>
internal sealed unsafe class SecondLevel(nint table)
{
    /// <summary>Words of an entry.</summary>
    public const int Words = State.TlbEntrySize / sizeof(ulong);

    private readonly ushort[] _filled = new ushort[1 << State.SecondIndexBits];
    private int _filledCount;

    /// <summary>The place of a page.</summary>
    public ulong* Entry(ulong address) => At((int)((address >> 12) * State.SecondMultiplier >> (64 - State.SecondIndexBits)));

    /// <summary>True if a page is here.</summary>
    public bool Has(ulong tag)
    {
        var entry = Entry(tag);
        return entry[0] == tag && entry[2] != 0;
    }

    /// <summary>Takes an entry of the first level, in place of whatever is here.</summary>
    public void Put(ulong* first)
    {
        var entry = Entry(first[0]);
        if (entry[3] == 0)
        {
            _filled[_filledCount++] = (ushort)((entry - (ulong*)table) / Words);
        }

        new ReadOnlySpan<ulong>(first, Words).CopyTo(new Span<ulong>(entry, Words));
    }

    /// <summary>Drops everything, or the low half of the address space only.</summary>
    public void Flush(bool lowHalfOnly)
    {
        var kept = 0;
        for (var i = 0; i < _filledCount; i++)
        {
            int index = _filled[i];
            var entry = At(index);
            if (lowHalfOnly && (long)entry[0] < 0)
            {
                _filled[kept++] = (ushort)index;
            }
            else
            {
                Drop(entry);
                entry[3] = 0;
            }
        }

        _filledCount = kept;
    }

    /// <summary>Drops one page.</summary>
    public void FlushPage(ulong address)
    {
        if (Has(address & ~4095UL))
        {
            Drop(Entry(address));
        }
    }

    /// <summary>Takes write access to frames back.</summary>
    /// <param name="mfns">The frames.</param>
    /// <param name="filter">A bit for each value of a frame's low 8 bits that is among them.</param>
    public void RevokeWrites(ReadOnlySpan<ulong> mfns, ReadOnlySpan<ulong> filter)
    {
        for (var i = 0; i < _filledCount; i++)
        {
            var entry = At(_filled[i]);
            var mfn = entry[3] >> 1;
            if ((filter[(int)(mfn >> 6) & 3] & (1UL << (int)(mfn & 63))) != 0 && mfns.Contains(mfn))
            {
                entry[1] = AddressContext.InvalidTag((int)(entry[0] >> 12) & (State.TlbEntries - 1));
            }
        }
    }

    /// <summary>Takes every access to a frame back.</summary>
    public void ForgetFrame(ulong mfn)
    {
        for (var i = 0; i < _filledCount; i++)
        {
            var entry = At(_filled[i]);
            if (entry[3] >> 1 == mfn)
            {
                Drop(entry);
            }
        }
    }

    // It stays in the list.
    private static void Drop(ulong* entry) => entry[0] = entry[1] = entry[2] = 0;

    // SAFETY: every index has SecondIndexBits bits.
    private ulong* At(int index) => (ulong*)table + (index * Words);
}
