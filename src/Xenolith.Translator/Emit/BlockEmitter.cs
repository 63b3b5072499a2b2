using Iced.Intel;
using Xenolith.Translator.Analyse;
using Xenolith.Translator.Cache;
using Xenolith.Translator.Decode;
using Xenolith.Translator.Fault;

namespace Xenolith.Translator.Emit;

/// <summary>
/// Turns one decoded block into host code: the hot path in one region, everything that is left rarely in another. An engine has one;
/// it is used under the translation lock only.
/// <para>Invariants at the start of each instruction: guest registers are in the host registers of the same name, RSP in r9, guest r9, r10 and r11
/// in the state block, r10 and r11 free; the flags are where the instruction's row says. All effects come after all checks.</para>
/// </summary>
internal sealed partial class BlockEmitter(CodeCache cache)
{
    private readonly HostCode _cold = new();
    private DecodedBlock _block = null!;
    private int _blockId;
    private int _index;
    private GuestFlags _liveIn, _liveOut;
    private bool _hostFlags, _slotFlags;

    /// <summary>The hot code.</summary>
    public HostCode Code { get; } = new();

    /// <summary>Emits a block into the cache and records its rows and links.</summary>
    public void Emit(DecodedBlock block, int blockId)
    {
        _block = block;
        _blockId = blockId;
        _hostFlags = true;
        _slotFlags = false;
        cache.OpenHot(Code);
        cache.OpenCold(_cold);
        cache.SetEntry(blockId, Code.Executable);
        if (SavesFlagsFirst(block))
        {
            SaveFlags(Code, HostCode.R10);
            (_hostFlags, _slotFlags) = (false, true);
            cache.SetSlotEntry(blockId, Code.Executable);
        }

        _plan.Make(block);
        for (_index = 0; _index < block.Count; _index++)
        {
            Begin(_index);
            AddRow();
            Row.Flags |= _plan.IsInside(_index) ? CodeRow.NoEntry : 0;
            if (_plan.RunOf(_index) is >= 0 and var run)
            {
                EmitOfRun(block.Instructions[_index], block.Facts[_index], run);
            }
            else
            {
                EmitInstruction(block.Instructions[_index], block.Facts[_index]);
            }
        }

        if (!block.Ends)
        {
            // A row without an instruction: where C# goes on after it executed the last one.
            cache.AddRow(NewRow(block.Length, 0));
            EmitEnd();
        }

        cache.CloseHot(Code);
        cache.CloseCold(_cold);
    }

    private void Begin(int index)
    {
        _index = index;
        _liveIn = _block.LiveIn[index];
        _liveOut = index + 1 < _block.Count ? _block.LiveIn[index + 1] : _block.LiveAtEnd;
    }

    private void AddRow() => cache.AddRow(NewRow());

    /// <summary>The row of the current instruction.</summary>
    private ref CodeRow Row => ref cache.Rows[cache.Blocks[_blockId].FirstRow + _index];

    private CodeRow NewRow() => NewRow((int)(_block.Instructions[_index].IP - _block.Rip), _block.Instructions[_index].Length);

    private CodeRow NewRow(int offset, int length)
        => new(offset, length, (_hostFlags ? CodeRow.HostFlags : 0) | (_slotFlags ? CodeRow.SlotFlags : 0), cache.OffsetOf(Code.Executable) - cache.Blocks[_blockId].Host);

    private void EmitEnd()
    {
        if ((_block.Mode & BlockMode.SingleStep) != 0)
        {
            EmitLeave(LeaveReason.SingleStep);
            return;
        }

        EmitChain(_block.NextRip);
    }

    private void EmitInstruction(in Instruction instruction, InstructionFacts facts)
    {
        if ((_block.Mode & BlockMode.TaskSwitched) != 0 && facts.Has(InstructionTraits.X87 | InstructionTraits.Vector))
        {
            EmitLeave(LeaveReason.NotAvailable);
            return;
        }

        switch (facts.Class)
        {
            case InstructionClass.Copy:
                EmitCopy(instruction, facts);
                break;
            case InstructionClass.Stack:
                EmitStack(instruction);
                break;
            case InstructionClass.ControlFlow:
                EmitControl(instruction);
                break;
            case InstructionClass.String:
                EmitString(instruction);
                break;
            case InstructionClass.Slow:
                if (!EmitSystem(instruction) && !EmitSpecial(instruction))
                {
                    EmitSlow();
                }

                break;
            case InstructionClass.Syscall:
                EmitSyscall(instruction);
                break;
            default:
                EmitLeave(facts.Class switch
                {
                    InstructionClass.Sysenter => LeaveReason.Sysenter,
                    InstructionClass.Privileged => LeaveReason.Privileged,
                    InstructionClass.SoftwareInterrupt => LeaveReason.SoftwareInterrupt,
                    InstructionClass.Breakpoint => LeaveReason.Breakpoint,
                    InstructionClass.DebugTrap => LeaveReason.DebugTrap,
                    InstructionClass.Watched => LeaveReason.Watched,
                    _ => LeaveReason.Undefined,
                });
                break;
        }
    }

    // Takes the current instruction's bytes apart for rewriting.
    // SAFETY: the block's copy of the bytes holds the whole instruction.
    private unsafe bool ParseBytes(int length) => _rewriter.Parse(_block.BytesOf(_index), length);

    /// <summary>Leaves for C# to execute this instruction; the block goes on behind it.</summary>
    public void EmitSlow()
    {
        EmitLeave(LeaveReason.Slow);
        _hostFlags = true;
        _slotFlags = false;
    }

    private void EmitLeave(LeaveReason reason)
    {
        // A jump keeps the hot code dense; the data behind the call is in the cold region.
        Code.Jump(Stub(cache.Thunks.Leave, (uint)_index | ((uint)reason << 16)));
    }

    /// <summary>Emits an exit stub into the cold region and returns its executable address.</summary>
    private nint Stub(nint thunk, uint info)
    {
        var start = _cold.Executable;
        _cold.Call(thunk);
        StubData(info);
        return start;
    }

    /// <summary>As <see cref="Stub"/>, for a miss: its thunk returns, to a jump to the compare, if the second level of the soft TLB has the page.</summary>
    private nint MissStub(nint thunk, uint info, nint compare)
    {
        var start = _cold.Executable;
        _cold.Call(thunk);
        _cold.Jump(compare);
        StubData(info);
        return start;
    }

    private void StubData(uint info)
    {
        _cold.Int32(_blockId);
        _cold.Int32((int)(info | (_hostFlags ? 0 : SiteInfo.FlagsInSlot)));
    }
}
