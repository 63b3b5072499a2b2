using Xenolith.Engine;
using Xenolith.Host.Memory;

namespace Xenolith.Translator.Cache;

/// <summary>
/// One of a vCPU's two views of memory, kernel or user mode: the soft TLB and the branch hash that emitted code reads, a small cache
/// of code pages for C#, and lists of what is filled so that a flush costs what was used. Owned by the vCPU's thread; other threads
/// only clear single hash entries, under the translation lock.
/// <para>The soft TLB has two levels, of which blocks read the first; a miss copies from the second (<see cref="SecondLevel"/>), in emitted code.
/// The rule: whatever takes a translation or a write permission away takes it from both, here, before the vCPU enters emitted code again; whatever is filled anew replaces
/// what the second level has of the page. Only the vCPU's own thread does either, outside emitted code. Who waits until it is outside (<see cref="VcpuContext.WaitFor"/>)
/// therefore never waits for half a copy, and nothing comes back from a level that was forgotten.</para>
/// </summary>
internal sealed unsafe class AddressContext : IDisposable
{
    private const int FetchEntries = 256, FetchMask = FetchEntries - 1;

    /// <summary>A code page that C# found.</summary>
    public struct FetchedPage
    {
        /// <summary>Page number of the guest address, plus one; 0 is empty.</summary>
        public ulong Key;

        /// <summary>Its machine frame.</summary>
        public ulong Mfn;

        /// <summary>Its host address.</summary>
        public nint Page;
    }

    private readonly nint _region;
    private readonly byte* _base;
    private readonly nint _emptyHash;
    private readonly SecondLevel _second;
    private readonly ushort[] _filled = new ushort[State.TlbEntries];
    private readonly HashFillSet _hashedLow = new(), _hashedHigh = new();
    private readonly FetchedPage[] _fetched = new FetchedPage[FetchEntries];
    private int _filledCount;

    /// <summary>Makes a context around a state page.</summary>
    /// <param name="statePage">Descriptor of the memory file with the vCPU's state page.</param>
    /// <param name="empty">The empty TLB and hash, which all contexts of an engine copy page by page when they write.</param>
    public AddressContext(int statePage, EmptyContext empty)
    {
        _emptyHash = empty.HashEntry;
        _region = MappedMemory.Reserve(State.RegionSize);
        MappedMemory.MapFile(_region, 4096, Protection.Read | Protection.Write, statePage, 0);
        MappedMemory.MapFileCopy(_region + 4096, State.Hash, Protection.Read | Protection.Write, empty.Tlb, 0);
        MappedMemory.MapFileCopy(_region + 4096 + State.Hash, State.HashBytes, Protection.Read | Protection.Write, empty.BranchHash, 0);
        MappedMemory.MapPrivateMemory(_region + 4096 + State.Second, State.SecondBytes, Protection.Read | Protection.Write);
        GsBase = _region + 4096;
        _base = (byte*)GsBase;
        _second = new SecondLevel(GsBase + State.Second);
    }

    /// <summary>What GS holds while this context is in force.</summary>
    public nint GsBase { get; }

    /// <summary>Machine frame of the root table; 0 for none.</summary>
    public ulong Root { get; set; }

    /// <summary>Fills an entry. A page that has to give way for it, and the new one, are from then on in the second level too.</summary>
    /// <param name="address">Any address of the page.</param>
    /// <param name="page">Host page.</param>
    /// <param name="mfn">Machine frame.</param>
    /// <param name="writable">True to let writes hit too.</param>
    public void Fill(ulong address, nint page, ulong mfn, bool writable)
    {
        var index = (int)(address >> 12) & (State.TlbEntries - 1);
        var entry = Entry(index);
        var tag = address & ~4095UL;
        var conflict = entry[3] != 0 && entry[0] != tag && entry[0] != InvalidTag(index);
        if (conflict)
        {
            _second.Put(entry);
        }

        MarkFilled(index);
        entry[0] = tag;
        entry[1] = writable ? tag : InvalidTag(index);
        entry[2] = (ulong)page;
        entry[3] = (mfn << 1) | 1;
        if (conflict || _second.Has(tag))
        {
            _second.Put(entry);
        }
    }

    /// <summary>Fills an entry from the second level, as the thunk of a miss does. False if that has it not, or not for writes.</summary>
    public bool TryRefill(ulong address, bool write)
    {
        var index = (int)(address >> 12) & (State.TlbEntries - 1);
        var tag = address & ~4095UL;
        var second = _second.Entry(tag);
        if (!_second.Has(tag) || (write && second[1] != tag))
        {
            return false;
        }

        MarkFilled(index);
        new ReadOnlySpan<ulong>(second, SecondLevel.Words).CopyTo(new Span<ulong>(Entry(index), SecondLevel.Words));
        return true;
    }

    private void MarkFilled(int index)
    {
        if (Entry(index)[3] == 0)
        {
            _filled[_filledCount++] = (ushort)index;
        }
    }

    /// <summary>
    /// Drops everything, or the low half of the address space only. The kernel half of the branch hash stays in any case: like direct jumps it is
    /// taken back when a mapping of code changes.
    /// </summary>
    public void Flush(bool lowHalfOnly)
    {
        var kept = 0;
        for (var i = 0; i < _filledCount; i++)
        {
            int index = _filled[i];
            if (lowHalfOnly && (long)Entry(index)[0] < 0)
            {
                _filled[kept++] = (ushort)index;
            }
            else
            {
                Invalidate(index);
            }
        }

        _filledCount = kept;
        _second.Flush(lowHalfOnly);
        Array.Clear(_fetched);
        _hashedLow.Empty(HashTable, _emptyHash);
    }

    /// <summary>Drops the translations of one page.</summary>
    public void FlushPage(ulong address)
    {
        var index = (int)(address >> 12) & (State.TlbEntries - 1);
        var entry = Entry(index);
        if (entry[3] != 0 && ((entry[0] ^ address) & ~4095UL) == 0)
        {
            entry[0] = entry[1] = InvalidTag(index);
        }

        _second.FlushPage(address);
        if (_fetched[(address >> 12) & FetchMask].Key == (address >> 12) + 1)
        {
            _fetched[(address >> 12) & FetchMask] = default;
        }

        if ((long)address >= 0 && _hashedLow.MayHave(address))
        {
            _hashedLow.Empty(HashTable, _emptyHash);
        }
    }

    /// <summary>Takes write access to frames back.</summary>
    public void RevokeWrites(ReadOnlySpan<ulong> mfns)
    {
        Span<ulong> filter = stackalloc ulong[4];
        filter.Clear();
        foreach (var mfn in mfns)
        {
            filter[(int)(mfn >> 6) & 3] |= 1UL << (int)(mfn & 63);
        }

        for (var i = 0; i < _filledCount; i++)
        {
            int index = _filled[i];
            var entry = Entry(index);
            var mfn = entry[3] >> 1;
            if ((filter[(int)(mfn >> 6) & 3] & (1UL << (int)(mfn & 63))) != 0 && mfns.Contains(mfn))
            {
                entry[1] = InvalidTag(index);
            }
        }

        _second.RevokeWrites(mfns, filter);
    }

    /// <summary>Takes every access to a frame back.</summary>
    public void ForgetFrame(ulong mfn)
    {
        for (var i = 0; i < _filledCount; i++)
        {
            int index = _filled[i];
            var entry = Entry(index);
            if (entry[3] >> 1 == mfn)
            {
                entry[0] = entry[1] = InvalidTag(index);
            }
        }

        _second.ForgetFrame(mfn);
        Array.Clear(_fetched);
        FlushHash();
    }

    /// <summary>The cached code page of an address, if any.</summary>
    public bool TryFetched(ulong rip, out FetchedPage page)
    {
        page = _fetched[(rip >> 12) & FetchMask];
        return page.Key == (rip >> 12) + 1;
    }

    /// <summary>Remembers a code page.</summary>
    public void AddFetched(ulong rip, ulong mfn, nint page)
        => _fetched[(rip >> 12) & FetchMask] = new FetchedPage { Key = (rip >> 12) + 1, Mfn = mfn, Page = page };

    /// <summary>The landing that the hash has for an address (of whatever block), or 0.</summary>
    public nint Hashed(ulong rip)
    {
        var landing = Volatile.Read(ref HashEntry(FirstPlace(rip)));
        if (landing == _emptyHash || RipOf(landing) == rip)
        {
            return landing == _emptyHash ? 0 : landing;
        }

        landing = Volatile.Read(ref HashEntry(SecondPlace(rip)));
        return landing == _emptyHash ? 0 : landing;
    }

    /// <summary>Makes the hash lead to a landing: at its first place, or at its second if another address has the first. Under the translation lock.</summary>
    public void SetHashed(ulong rip, nint landing)
    {
        var place = FirstPlace(rip);
        if (HashEntry(place) is var taken && taken != _emptyHash && RipOf(taken) != rip)
        {
            place = SecondPlace(rip);
        }

        ((long)rip < 0 ? _hashedHigh : _hashedLow).Add(place, rip);
        Volatile.Write(ref HashEntry(place), landing);
    }

    /// <summary>Empties the hash entries that lead to this landing. Any thread, under the translation lock.</summary>
    public void ForgetHashed(ulong rip, nint landing)
    {
        Forget(ref HashEntry(FirstPlace(rip)), landing);
        Forget(ref HashEntry(SecondPlace(rip)), landing);
    }

    private void Forget(ref nint entry, nint landing)
    {
        if (entry == landing)
        {
            Volatile.Write(ref entry, _emptyHash);
        }
    }

    /// <summary>Empties the branch hash.</summary>
    public void FlushHash()
    {
        _hashedLow.Empty(HashTable, _emptyHash);
        _hashedHigh.Empty(HashTable, _emptyHash);
    }

    /// <summary>Finds a translation that the soft TLB has.</summary>
    public bool TryLookUp(ulong address, bool write, out nint host, out ulong mfn)
    {
        var entry = Entry((int)(address >> 12) & (State.TlbEntries - 1));
        host = (nint)entry[2] + (nint)(address & 4095);
        mfn = entry[3] >> 1;
        return (entry[write ? 1 : 0] ^ address) < 4096;
    }

    private static int FirstPlace(ulong rip) => (int)(rip & (State.HashEntries - 1));

    private static int SecondPlace(ulong rip) => (int)((rip ^ (rip >> State.SecondHashShift)) & (State.HashEntries - 1));

    // SAFETY: each landing has its RIP in front of it.
    private static ulong RipOf(nint landing) => *(ulong*)(landing + State.LandingRip);

    // SAFETY: both tables lie inside the region at these displacements, and the masks bound the indices.
    private ref nint HashEntry(int place) => ref *(nint*)(_base + State.Hash + (8 * place));

    // SAFETY: as above.
    private Span<nint> HashTable => new(_base + State.Hash, State.HashEntries);

    private ulong* Entry(int index) => (ulong*)(_base + State.Tlb + (index * State.TlbEntrySize));

    private void Invalidate(int index)
    {
        var entry = Entry(index);
        entry[0] = entry[1] = InvalidTag(index);
        entry[3] = 0;
    }

    /// <summary>A tag that differs from every address of this index in the bits of the index.</summary>
    public static ulong InvalidTag(int index) => (ulong)~(long)index << 12;

    /// <inheritdoc/>
    public void Dispose() => MappedMemory.Release(_region, State.RegionSize);
}
