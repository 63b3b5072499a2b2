using Xenolith.Engine;
using Xenolith.Host.Memory;
using Xenolith.Translator.Analyse;
using Xenolith.Translator.Emit;
using Xenolith.Translator.Fault;

namespace Xenolith.Translator.Cache;

/// <summary>
/// The memory of emitted code, mapped twice (writable here, executable there), and its blocks, rows and links. Bytes are handed out from the
/// bottom of a hot and of a cold region and never reused one by one: when a region is full the whole cache starts again.
/// <para>Locks: everything needs <see cref="Gate"/>, except that emitted code runs without it. <see cref="Gate"/> may be held while waiting for other vCPUs
/// to leave emitted code, because a vCPU that waits for it is outside.</para>
/// </summary>
internal sealed unsafe class CodeCache : IDisposable
{
    private const int ThunkSize = 4096, SnippetSize = 256, SnippetCount = 64, FirstBlock = ThunkSize + (SnippetSize * SnippetCount);
    private const int Alignment = 16, Slack = 64 * 1024, NotEqual = 5;

    // A block has at most one row and two links for each instruction, and as many where it goes on behind the last.
    private const int MostOfBlock = DecodedBlock.Capacity + 1;
    private readonly nint _writable;
    private readonly nint _executable;
    private readonly int _size;
    private readonly int _coldStart;
    private readonly int _signalSlot;
    private readonly HostCode _glue = new();
    private int _hot, _cold;
    private readonly nint _tables;
    private readonly int _tableBytes;
    private readonly CodeTable<int> _buckets;
    private readonly Dictionary<ulong, int> _frames = [];
    private readonly Dictionary<ulong, int> _seconds = [];
    private readonly CodeMap? _map = CodeMap.Wanted();

    /// <summary>Makes a cache.</summary>
    /// <param name="budget">How large it and its side tables may become.</param>
    public CodeCache(CodeBudget budget)
    {
        var size = _size = budget.Code;
        _coldStart = ThunkSize + (int)((size - ThunkSize) * 0.6 / 4096) * 4096;
        var descriptor = MappedMemory.CreateFile("xenolith-code", size);
        _writable = MappedMemory.MapFile(0, size, Protection.Read | Protection.Write, descriptor, 0);
        _executable = MappedMemory.MapFile(0, size, Protection.Read | Protection.Execute, descriptor, 0);
        MappedMemory.CloseFile(descriptor);
        Thunks = new Thunks(_writable, ThunkSize, _executable - _writable);
        descriptor = MappedMemory.CreateFile("xenolith-code-tables", _tableBytes = budget.TableBytes);
        var table = _tables = MappedMemory.MapFile(0, _tableBytes, Protection.Read | Protection.Write, descriptor, 0);
        MappedMemory.CloseFile(descriptor);
        Blocks = new(table, budget.Blocks);
        Rows = new(table += budget.BlockBytes, budget.Rows);
        Links = new(table += budget.RowBytes, budget.Links);
        _buckets = new(table + budget.LinkBytes, CodeBudget.Buckets);
        _signalSlot = SignalHandler.Register(_executable + ThunkSize, size - ThunkSize, Thunks.Signal);
        Reset();
    }

    /// <summary>The translation lock.</summary>
    public Lock Gate { get; } = new();

    /// <summary>The fixed code.</summary>
    public Thunks Thunks { get; }

    /// <summary>Blocks by number; numbers grow with the hot address.</summary>
    public CodeTable<CodeBlock> Blocks { get; }

    /// <summary>Rows of all blocks.</summary>
    public CodeTable<CodeRow> Rows { get; }

    /// <summary>Links of all blocks.</summary>
    public CodeTable<CodeLink> Links { get; }

    /// <summary>True if a further block may not fit.</summary>
    public bool IsFull => _coldStart - _hot < Slack || _size - _cold < Slack || Blocks.Room == 0 || Rows.Room < MostOfBlock || Links.Room < 2 * MostOfBlock;

    /// <summary>Bytes of code in use.</summary>
    public long Used => _hot + (_cold - _coldStart);

    /// <summary>Bytes of side tables in use.</summary>
    public long TablesUsed => Blocks.Used + Rows.Used + Links.Used + ((long)CodeBudget.Buckets * sizeof(int));

    /// <summary>Offset of an executable address.</summary>
    public int OffsetOf(nint executable) => (int)(executable - _executable);

    /// <summary>Executable address of an offset.</summary>
    public nint AddressOf(int offset) => _executable + offset;

    /// <summary>Counts the times that everything was dropped: block numbers mean something for one generation.</summary>
    public int Generation { get; private set; }

    /// <summary>Drops everything. No vCPU is in emitted code, and none keeps an address of it.</summary>
    public void Reset()
    {
        _hot = FirstBlock;
        _cold = _coldStart;
        Generation++;
        Blocks.Clear();
        Rows.Clear();
        Links.Clear();
        for (var i = 0; i < CodeBudget.Buckets; i++)
        {
            _buckets[i] = -1;
        }

        _frames.Clear();
        _seconds.Clear();
    }

    /// <summary>Points a writer at the free hot memory.</summary>
    public void OpenHot(HostCode code)
    {
        _hot = (_hot + Alignment - 1) & -Alignment;
        code.Start(_writable + _hot, _writable + _coldStart, _executable - _writable);
    }

    /// <summary>Points a writer at the free cold memory.</summary>
    public void OpenCold(HostCode code) => code.Start(_writable + _cold, _writable + _size, _executable - _writable);

    /// <summary>Points a writer at a vCPU's place for snippets.</summary>
    public void OpenSnippet(HostCode code, int vcpuId)
    {
        var start = _writable + ThunkSize + (vcpuId * SnippetSize);
        code.Start(start, start + SnippetSize, _executable - _writable);
    }

    /// <summary>True if an offset lies in the snippets.</summary>
    public bool IsSnippet(int offset) => offset is >= ThunkSize and < FirstBlock;

    /// <summary>Takes what was written to the hot region.</summary>
    public void CloseHot(HostCode code)
    {
        _hot = OffsetOf(code.Executable);
        Blocks[Blocks.Count - 1].HostEnd = _hot;
    }

    /// <summary>Takes what was written to the cold region.</summary>
    public void CloseCold(HostCode code) => _cold = OffsetOf(code.Executable);

    /// <summary>Adds an empty block and returns its number; emission follows at once.</summary>
    public int AddBlock(DecodedBlock decoded, ulong mfn, ulong secondMfn) => Blocks.Add(new CodeBlock
    {
        Rip = decoded.Rip,
        Mfn = mfn,
        SecondMfn = secondMfn,
        Length = (ushort)decoded.Length,
        Mode = decoded.Mode,
        FirstRow = Rows.Count,
        FlagsLive = decoded.LiveIn[0] != 0,
        FirstIncoming = -1,
        NextInFrame = -1,
        NextInSecond = -1,
        NextInBucket = -1,
    });

    /// <summary>Sets the newest block's entry.</summary>
    public void SetEntry(int block, nint executable) => Blocks[block].Host = OffsetOf(executable);

    /// <summary>Sets where the newest block begins for flags in their slot.</summary>
    public void SetSlotEntry(int block, nint executable) => Blocks[block].SlotEntry = checked((byte)(OffsetOf(executable) - Blocks[block].Host));

    /// <summary>Adds a row to the newest block.</summary>
    public void AddRow(in CodeRow row)
    {
        Rows.Add(row);
        Blocks[Blocks.Count - 1].RowCount++;
    }

    /// <summary>Adds a link; returns its number.</summary>
    public int AddLink(ulong target, int site, int stub)
        => Links.Add(new CodeLink { Target = target, Site = site, Stub = stub, NextIncoming = -1 });

    /// <summary>
    /// True if a direct jump is sound: on one page, whose mapping holds as long as the source runs there, or inside the kernel half, where
    /// changes of mappings are told (design 4.2 rule 3).
    /// </summary>
    public bool MayLink(ulong source, ulong target, bool sourceCrosses)
        => ((source ^ target) < 4096 && !sourceCrosses) || (LinksKernelPages && (long)source < 0 && (long)target < 0);

    /// <summary>False once two kernel halves were seen at work at the same time: what one of them maps says nothing of the other.</summary>
    public bool LinksKernelPages { get; set; } = true;

    /// <summary>Makes a finished block findable.</summary>
    public void Publish(int number)
    {
        ref var block = ref Blocks[number];
        _map?.AddBlock(this, block);
        ref var bucket = ref _buckets[Bucket(block.Mfn, block.Rip, block.Mode)];
        block.NextInBucket = bucket;
        bucket = number;
        block.NextInFrame = _frames.GetValueOrDefault(block.Mfn, -1);
        _frames[block.Mfn] = number;
        if (block.SecondMfn != CodeBlock.NoFrame)
        {
            block.NextInSecond = _seconds.GetValueOrDefault(block.SecondMfn, -1);
            _seconds[block.SecondMfn] = number;
        }
    }

    /// <summary>Finds the live block of a key whose second frame, if it has one, is not known yet; -1 if there is none.</summary>
    public int Find(ulong mfn, ulong rip, BlockMode mode)
    {
        for (var number = _buckets[Bucket(mfn, rip, mode)]; number >= 0; number = Blocks[number].NextInBucket)
        {
            ref var block = ref Blocks[number];
            if (block.Rip == rip && block.Mfn == mfn && block.Mode == mode && !block.Dead)
            {
                return number;
            }
        }

        return -1;
    }

    private static int Bucket(ulong mfn, ulong rip, BlockMode mode)
        => (int)(((mfn * 0x9e3779b97f4a7c15) ^ ((rip + (ulong)mode) * 0xc2b2ae3d27d4eb4f)) >> 48);

    /// <summary>The block whose hot code contains an offset; -1 if none.</summary>
    public int FindByHost(int offset)
    {
        int low = 0, high = Blocks.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >> 1;
            ref var block = ref Blocks[middle];
            if (offset < block.Host)
            {
                high = middle - 1;
            }
            else if (offset >= block.HostEnd)
            {
                low = middle + 1;
            }
            else
            {
                return middle;
            }
        }

        return -1;
    }

    /// <summary>The row of a block that contains a host offset.</summary>
    public int RowOf(int block, int offset)
    {
        ref var found = ref Blocks[block];
        var row = found.RowCount - 1;
        while (row > 0 && found.Host + Rows[found.FirstRow + row].Host > offset)
        {
            row--;
        }

        return row;
    }

    /// <summary>Makes a link jump to a block.</summary>
    /// <param name="link">The link.</param>
    /// <param name="block">The block.</param>
    /// <param name="flagsInSlot">True if the jump leaves the flags in the slot: a block that needs them gets them loaded on the way.</param>
    public void Connect(int link, int block, bool flagsInSlot)
    {
        ref var found = ref Links[link];
        found.NextIncoming = Blocks[block].FirstIncoming;
        Blocks[block].FirstIncoming = link;
        var entry = Blocks[block].Host;
        if (flagsInSlot && Blocks[block].SlotEntry != 0)
        {
            entry += Blocks[block].SlotEntry;
        }
        else if (flagsInSlot && Blocks[block].FlagsLive)
        {
            var code = _glue;
            OpenCold(code);
            entry = OffsetOf(code.Executable);
            BlockEmitter.LoadFlags(code, HostCode.R10);
            code.Jump(AddressOf(Blocks[block].Host));
            CloseCold(code);
        }

        Patch(found.Site, entry);
    }

    /// <summary>Makes a link go through the branch hash, for targets that may be linked from nowhere.</summary>
    public void ConnectThroughHash(int link, bool flagsInSlot)
    {
        var code = _glue;
        OpenCold(code);
        var start = OffsetOf(code.Executable);
        if (!flagsInSlot)
        {
            BlockEmitter.SaveFlags(code, HostCode.R11);
        }

        BlockEmitter.EmitHashed(code, Links[link].Target);
        CloseCold(code);
        Patch(Links[link].Site, start);
    }

    // SAFETY: a site is an offset that the emitter recorded inside the mapping. Four bytes of one aligned quadword: other threads see the old or the new displacement.
    private void Patch(int site, int target)
        => Volatile.Write(ref *(int*)(_writable + site), target - (site + 4));

    /// <summary>The block's landing for indirect branches, made at its first use: it compares r10 with RIP. Flags come in the slot.</summary>
    public nint LandingOf(int number)
    {
        ref var block = ref Blocks[number];
        if (block.Landing == 0)
        {
            var code = _glue;
            OpenCold(code);
            code.AlignAhead(-State.LandingRip, Alignment);
            code.Int64((long)block.Rip);
            code.Int32(number);
            block.Landing = OffsetOf(code.Executable);
            code.Compare(HostCode.R10, block.Rip, HostCode.R11);
            code.JumpIf(NotEqual, Thunks.LandingMiss);
            if (block.FlagsLive && block.SlotEntry == 0)
            {
                BlockEmitter.LoadFlags(code, HostCode.R10);
            }

            code.Jump(AddressOf(block.Host + block.SlotEntry));
            CloseCold(code);
            _map?.AddLanding(AddressOf(block.Landing), code.Executable, block.Rip);
        }

        return AddressOf(block.Landing);
    }

    /// <summary>The block of a landing.</summary>
    // SAFETY: each landing has its block number in front of it.
    public int BlockOfLanding(nint landing) => *(int*)(landing - 4);

    /// <summary>True if any live block has bytes in a frame.</summary>
    public bool HasCode(ulong mfn) => _frames.ContainsKey(mfn) || _seconds.ContainsKey(mfn);

    /// <summary>Kills the blocks with bytes in a range of a frame; calls back for each with its RIP and landing (0 if none).</summary>
    public int Kill(ulong mfn, int offset, int length, Action<ulong, nint> forgetLanding)
    {
        var killed = 0;
        if (_frames.TryGetValue(mfn, out var first))
        {
            killed += KillList(first, offset, length, second: false, forgetLanding, out var left);
            SetFirst(_frames, mfn, left);
        }

        if (_seconds.TryGetValue(mfn, out first))
        {
            killed += KillList(first, offset, length, second: true, forgetLanding, out var left);
            SetFirst(_seconds, mfn, left);
        }

        return killed;
    }

    /// <summary>Kills the blocks of the Watching mode that have an address inside, in whatever frame.</summary>
    public int KillWatching(ulong address, Action<ulong, nint> forgetLanding)
    {
        var killed = 0;
        for (var number = 0; number < Blocks.Count; number++)
        {
            ref var block = ref Blocks[number];
            if (!block.Dead && (block.Mode & BlockMode.Watching) != 0 && address - block.Rip < block.Length)
            {
                killed += Kill(block.Mfn, (int)(block.Rip & 4095), 1, forgetLanding);
            }
        }

        return killed;
    }

    /// <summary>Takes back every direct jump and hash entry that leads to blocks of a frame: its mapping changes.</summary>
    public void Unlink(ulong mfn, Action<ulong, nint> forgetLanding)
    {
        for (var number = _frames.GetValueOrDefault(mfn, -1); number >= 0; number = Blocks[number].NextInFrame)
        {
            Unlink(number, forgetLanding);
        }

        for (var number = _seconds.GetValueOrDefault(mfn, -1); number >= 0; number = Blocks[number].NextInSecond)
        {
            Unlink(number, forgetLanding);
        }
    }

    /// <summary>Takes back every direct jump and hash entry: mappings of many pages change.</summary>
    public void UnlinkAll(Action<ulong, nint> forgetLanding)
    {
        for (var number = 0; number < Blocks.Count; number++)
        {
            Unlink(number, forgetLanding);
        }
    }

    private void Unlink(int number, Action<ulong, nint> forgetLanding)
    {
        DropIncoming(number);
        ref var block = ref Blocks[number];
        if (block.Landing != 0)
        {
            forgetLanding(block.Rip, AddressOf(block.Landing));
        }
    }

    private static void SetFirst(Dictionary<ulong, int> lists, ulong mfn, int first)
    {
        if (first < 0)
        {
            lists.Remove(mfn);
        }
        else
        {
            lists[mfn] = first;
        }
    }

    private int KillList(int number, int offset, int length, bool second, Action<ulong, nint> forgetLanding, out int left)
    {
        var killed = 0;
        var last = -1;
        left = -1;
        while (number >= 0)
        {
            ref var block = ref Blocks[number];
            var next = second ? block.NextInSecond : block.NextInFrame;
            var start = second ? 0 : (int)(block.Rip & 4095);
            var end = second ? (int)(block.Rip & 4095) + block.Length - 4096 : start + block.Length;
            if (block.Dead || (start < offset + length && offset < end))
            {
                if (!block.Dead)
                {
                    KillBlock(number, forgetLanding);
                    killed++;
                }
            }
            else
            {
                if (last < 0)
                {
                    left = number;
                }
                else if (second)
                {
                    Blocks[last].NextInSecond = number;
                }
                else
                {
                    Blocks[last].NextInFrame = number;
                }

                last = number;
            }

            number = next;
        }

        if (last >= 0)
        {
            (second ? ref Blocks[last].NextInSecond : ref Blocks[last].NextInFrame) = -1;
        }

        return killed;
    }

    private void KillBlock(int number, Action<ulong, nint> forgetLanding)
    {
        ref var block = ref Blocks[number];
        block.Dead = true;
        DropIncoming(number);
        ref var slot = ref _buckets[Bucket(block.Mfn, block.Rip, block.Mode)];
        while (slot >= 0 && slot != number)
        {
            slot = ref Blocks[slot].NextInBucket;
        }

        if (slot == number)
        {
            slot = block.NextInBucket;
        }

        if (block.Landing != 0)
        {
            forgetLanding(block.Rip, AddressOf(block.Landing));
        }
    }

    private void DropIncoming(int number)
    {
        var link = Blocks[number].FirstIncoming;
        Blocks[number].FirstIncoming = -1;
        while (link >= 0)
        {
            ref var found = ref Links[link];
            var next = found.NextIncoming;
            found.NextIncoming = -1;
            Patch(found.Site, found.Stub);
            link = next;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        SignalHandler.Unregister(_signalSlot);
        MappedMemory.Release(_writable, _size);
        MappedMemory.Release(_executable, _size);
        MappedMemory.Release(_tables, _tableBytes);
        _map?.Dispose();
    }
}
