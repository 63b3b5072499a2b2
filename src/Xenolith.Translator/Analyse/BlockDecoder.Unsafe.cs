using System.Runtime.InteropServices;
using Iced.Intel;
using Xenolith.Translator.Decode;

namespace Xenolith.Translator.Analyse;

/// <summary>
/// Decodes a block from a copy of the guest's bytes: on past branches that may not be taken, up to an unconditional transfer, the end of the
/// page or <see cref="DecodedBlock.Capacity"/>; then finds which flags live. Used under the translation lock only.
/// </summary>
internal sealed unsafe class BlockDecoder : IDisposable
{
    /// <summary>Most bytes looked at: a block's, or an instruction's across a page edge.</summary>
    public const int MostBytes = 4096 + 16;

    private const int PeekInstructions = 16, PeekBytes = PeekInstructions * 15;

    private sealed class Reader : CodeReader
    {
        public byte* At;
        public byte* End;

        public override int ReadByte() => At < End ? *At++ : -1;
    }

    private readonly Reader _reader = new();
    private readonly Decoder _decoder;
    private readonly byte* _bytes, _peeked;
    private int _available;
    private ulong _rip;

    /// <summary>Makes a decoder with its buffer.</summary>
    public BlockDecoder()
    {
        _decoder = Decoder.Create(64, _reader);
        // SAFETY: freed in Dispose; MostBytes bounds every copy into it.
        _bytes = (byte*)NativeMemory.AllocZeroed(MostBytes + 16);
        Block.Bytes = _bytes;
        _peeked = (byte*)NativeMemory.AllocZeroed(PeekBytes);
    }

    /// <summary>Finds the host address of code in another page of the kernel's, 0 if it is not mapped. For what is only worth a guess.</summary>
    public Func<ulong, nint>? CodeAt { get; set; }

    /// <summary>Addresses that are blocks of their own in the Watching mode, and how many vCPUs watch them.</summary>
    public Dictionary<ulong, int> Watched { get; } = [];

    /// <summary>The result of <see cref="Decode"/>.</summary>
    public DecodedBlock Block { get; } = new();

    /// <summary>Decodes at an address. False if the first instruction reaches into the next page and <paramref name="nextPage"/> is 0.</summary>
    /// <param name="rip">Guest address of the first instruction.</param>
    /// <param name="mode">Mode.</param>
    /// <param name="page">Host address of its page.</param>
    /// <param name="nextPage">Host address of the following page, or 0: then the block ends before an instruction that needs it.</param>
    /// <param name="most">Most instructions.</param>
    public bool Decode(ulong rip, BlockMode mode, nint page, nint nextPage, int most = DecodedBlock.Capacity)
    {
        var offset = (int)(rip & 4095);
        _available = 4096 - offset;
        _rip = rip;
        Buffer.MemoryCopy((byte*)page + offset, _bytes, MostBytes, _available);
        var onPage = _available;
        if (nextPage != 0)
        {
            Buffer.MemoryCopy((byte*)nextPage, _bytes + _available, MostBytes - _available, 16);
            _available += 16;
        }

        var block = Block;
        block.Rip = rip;
        block.Mode = mode;
        block.Count = 0;
        block.Length = 0;
        block.Ends = false;
        block.CrossesPage = false;
        var limit = (mode & BlockMode.SingleStep) != 0 ? 1 : most;
        Seek(rip);
        while (block.Count < limit && block.Length < onPage && !block.Ends)
        {
            ref var instruction = ref block.Instructions[block.Count];
            _decoder.Decode(out instruction);
            if (_decoder.LastError == DecoderError.NoMoreBytes)
            {
                if (block.Count == 0)
                {
                    return false;
                }

                break;
            }

            var end = block.Length + instruction.Length;
            if (end > onPage)
            {
                if (block.Count != 0)
                {
                    break;
                }

                block.CrossesPage = true;
            }

            var facts = InstructionTable.Of(instruction);
            if ((mode & BlockMode.Watching) != 0 && Watched.ContainsKey(instruction.IP))
            {
                if (block.Count != 0)
                {
                    break;
                }

                facts = new InstructionFacts { Class = InstructionClass.Watched };
            }

            block.Facts[block.Count++] = facts;
            block.Length = end;
            block.Ends = Ends(instruction, facts);
        }

        FindLiveFlags();
        return true;
    }

    private void Seek(ulong rip)
    {
        _reader.At = _bytes + (int)(rip - _rip);
        _reader.End = _bytes + _available;
        _decoder.IP = rip;
    }

    private static bool Ends(in Instruction instruction, InstructionFacts facts) => facts.Class switch
    {
        InstructionClass.Copy or InstructionClass.Stack or InstructionClass.String => false,
        InstructionClass.Slow => instruction.Mnemonic is Mnemonic.Iret or Mnemonic.Iretd or Mnemonic.Iretq or Mnemonic.Retf or Mnemonic.Jmp or Mnemonic.Call,
        InstructionClass.ControlFlow => instruction.FlowControl != FlowControl.ConditionalBranch,
        _ => true,
    };

    private void FindLiveFlags()
    {
        var block = Block;
        ref readonly var last = ref block.Instructions[block.Count - 1];
        var facts = block.Facts[block.Count - 1];
        block.LiveAtEnd = facts.Class == InstructionClass.ControlFlow && block.Ends
            ? last.Op0Kind == OpKind.NearBranch64 ? PeekLive(last.NearBranchTarget) : GuestFlags.Arithmetic
            : block.Ends ? GuestFlags.Arithmetic : PeekLive(block.NextRip);
        if ((block.Mode & BlockMode.SingleStep) != 0)
        {
            // Whoever steps looks at all of them.
            block.LiveAtEnd = GuestFlags.Arithmetic;
        }

        var live = block.LiveAtEnd;
        for (var i = block.Count - 1; i >= 0; i--)
        {
            ref readonly var instruction = ref block.Instructions[i];
            facts = block.Facts[i];
            if (facts.Class == InstructionClass.ControlFlow && instruction.FlowControl == FlowControl.ConditionalBranch)
            {
                live |= PeekLive(instruction.NearBranchTarget);
            }

            live = LiveBefore(facts, live);
            block.LiveIn[i] = live;
        }
    }

    private static GuestFlags LiveBefore(InstructionFacts facts, GuestFlags after) => facts.Class switch
    {
        InstructionClass.Copy or InstructionClass.Stack or InstructionClass.ControlFlow or InstructionClass.String
            => (facts.FlagsRead | (after & ~facts.FlagsKilled)) & GuestFlags.Arithmetic,
        _ => GuestFlags.Arithmetic,
    };

    // Flags that the code at an address reads before it overwrites them, as far as a few instructions there tell.
    private GuestFlags PeekLive(ulong target)
    {
        GuestFlags live = 0, unknown = GuestFlags.Arithmetic;
        var known = SeekPeek(target);
        for (var i = 0; i < PeekInstructions && known && unknown != 0; i++)
        {
            _decoder.Decode(out var instruction);
            if (_decoder.LastError != DecoderError.None)
            {
                break;
            }

            var facts = InstructionTable.Of(instruction);
            live |= facts.FlagsRead & unknown;
            switch (facts.Class)
            {
                case InstructionClass.Copy or InstructionClass.Stack or InstructionClass.String:
                    unknown &= ~facts.FlagsKilled;
                    break;
                case InstructionClass.ControlFlow when instruction is { Op0Kind: OpKind.NearBranch64, FlowControl: FlowControl.UnconditionalBranch or FlowControl.Call }:
                    known = SeekPeek(instruction.NearBranchTarget);
                    break;
                default:
                    known = false;
                    break;
            }
        }

        return live | unknown;
    }

    // To this page's copy; in the kernel's half of the address space also to another page, which is mapped for as long as the jump there may be direct.
    private bool SeekPeek(ulong target)
    {
        var offset = (long)(target - _rip);
        if (offset >= 0 && offset < _available)
        {
            Seek(target);
            return true;
        }

        if ((long)target >= 0 || (long)_rip >= 0 || CodeAt is null || CodeAt(target) is not (not 0 and var host))
        {
            return false;
        }

        // SAFETY: the host address is of a page of the guest's; no more than its rest is copied, and the buffer has PeekBytes.
        var length = Math.Min(PeekBytes, 4096 - (int)(target & 4095));
        Buffer.MemoryCopy((byte*)host, _peeked, PeekBytes, length);
        _reader.At = _peeked;
        _reader.End = _peeked + length;
        _decoder.IP = target;
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(_bytes);
        NativeMemory.Free(_peeked);
    }
}
