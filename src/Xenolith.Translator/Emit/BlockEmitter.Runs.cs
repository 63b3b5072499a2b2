using Iced.Intel;
using Xenolith.Translator.Cache;
using Xenolith.Translator.Decode;

namespace Xenolith.Translator.Emit;

/// <summary>
/// Accesses of a run behind one check (<see cref="AccessRun"/>). The first makes sure that the run's bytes lie in one page that the soft TLB has, and leaves the host
/// address of the lowest in r11, and in a slot for accesses that come when r11 is in other use. Where that fails for more than a missing translation (a page
/// edge, a fault, a page with code) nothing has happened yet, and a twin of the rest of the block, made without runs, goes on in its place.
/// </summary>
internal sealed partial class BlockEmitter
{
    private readonly AccessPlan _plan = new();
    private int _stackBehind;

    private void EmitOfRun(in Instruction instruction, InstructionFacts facts, int number)
    {
        ref var run = ref _plan.Run(number);
        var first = run.Head == _index;
        if (facts.Class == InstructionClass.Copy && !ParseBytes(instruction.Length))
        {
            _plan.Drop(number);
            EmitSlow();
            return;
        }

        if (first)
        {
            Row.Flags |= CodeRow.RunStart;
            EmitRunCheck(run);
        }
        else if (_plan.Reloads(_index))
        {
            Code.LoadState(HostCode.R11, State.RunSlots + (8 * run.Slot));
        }

        var offset = _plan.OffsetOf(_index);
        switch (facts.Class)
        {
            case InstructionClass.Copy:
                EmitCopyAt(instruction, facts, offset);
                break;
            case InstructionClass.Stack when instruction.Mnemonic == Mnemonic.Push:
                EmitPushAt(instruction, offset);
                break;
            case InstructionClass.Stack:
                EmitPopAt(instruction.Op0Register.GetNumber(), offset);
                break;
            case InstructionClass.ControlFlow when instruction.FlowControl == FlowControl.Return:
                Code.Load(HostCode.R10, HostCode.R11, offset);
                MoveStack(8 + (instruction.OpCount == 1 ? (int)instruction.GetImmediate(0) : 0));
                EmitReturn();
                break;
            default:
                PushImmediateAt(instruction.NextIP, offset);
                EmitCallTo(instruction.NearBranchTarget, instruction.NextIP);
                break;
        }
    }

    private void EmitRunCheck(in AccessRun run)
    {
        if (run.Polls)
        {
            EmitPoll();
        }

        ClobberFlags();
        if (run.Calls)
        {
            MakeRoomForReturn();
        }

        var @base = HomeOf(run.Base);
        if (IsInState(run.Base))
        {
            Code.LoadState(HostCode.R10, State.Reg(run.Base));
            @base = HostCode.R10;
        }

        var index = run.Index;
        if (index >= 0 && IsInState(index))
        {
            Code.LoadState(HostCode.R11, State.Reg(index));
            index = HostCode.R11;
        }

        EmitLea(HostCode.R10, @base, index, run.Scale, run.Low - run.Added, wide: true);
        var compare = Code.Executable;
        EmitTagCompare(run.High - run.Low, run.Writes);
        Code.JumpIf(Above, RunMiss(run, compare));
        EmitHostPage();
        Code.Bytes3(0x4d, 0x01, 0xd3); // add r11, r10
        if (run.Slot >= 0)
        {
            Code.StoreState(State.RunSlots + (8 * run.Slot), HostCode.R11);
        }
    }

    // A run across a page edge goes to the twin without a visit to C#.
    private nint RunMiss(in AccessRun run, nint compare)
    {
        var size = run.High - run.Low;
        var start = _cold.Executable;
        _cold.Bytes4(0x65, 0x4d, 0x33, run.Writes ? 0x53 : 0x13); // xor r10, gs:[r11 (+ 8)]: the address again
        if (run.Writes)
        {
            _cold.Byte(8);
        }

        _cold.Move32(HostCode.R11, HostCode.R10);
        _cold.Immediate32(4, HostCode.R11, 4095); // and
        _cold.Immediate32(7, HostCode.R11, 4096 - size); // cmp
        _cold.AlignAhead(2, 4);
        var site = _cold.JumpIf(Above);
        var first = ((uint)_plan.OffsetOf(_index) << 1) | (Writes(_block.Instructions[_index], _block.Facts[_index]) ? 1u : 0);
        MissStub(run.Writes ? cache.Thunks.MissWriteInPage : cache.Thunks.MissReadInPage, (uint)_index | (first << 16), compare);
        _cold.Link(site, LinkStub(_block.Instructions[_index].IP, site, SiteInfo.Twin | (_slotFlags ? SiteInfo.FlagsInSlot : 0)));
        return start;
    }

    private static bool Writes(in Instruction instruction, InstructionFacts facts) => facts.Class switch
    {
        InstructionClass.Copy => facts.Has(InstructionTraits.WritesMemory),
        InstructionClass.Stack => instruction.Mnemonic == Mnemonic.Push,
        _ => instruction.FlowControl == FlowControl.Call,
    };

    // The instruction's bytes are parsed.
    private void EmitCopyAt(in Instruction instruction, InstructionFacts facts, int offset)
    {
        FlagsForOperation(facts, HostCode.R10);
        _rewriter.Displacement = offset;
        EmitWithRegisters(new RenamePlan(ref _rewriter, RegisterOperands.Of(instruction)), HostCode.R10, HostCode.R10, InstructionRewriter.MemoryForm.Displaced);
    }

    private void EmitPushAt(in Instruction instruction, int offset)
    {
        if (instruction.Op0Kind != OpKind.Register)
        {
            PushImmediateAt(instruction.GetImmediate(0), offset);
            return;
        }

        var source = instruction.Op0Register.GetNumber();
        if (IsInState(source))
        {
            Code.LoadState(HostCode.R10, State.Reg(source));
        }

        Code.Store(HostCode.R11, offset, IsInState(source) ? HostCode.R10 : HomeOf(source));
        MoveStack(-8);
    }

    private void EmitPopAt(int target, int offset)
    {
        Code.Load(IsInState(target) ? HostCode.R10 : target, HostCode.R11, offset);
        if (IsInState(target))
        {
            Code.StoreState(State.Reg(target), HostCode.R10);
        }

        MoveStack(8);
    }

    private void PushImmediateAt(ulong value, int offset)
    {
        if ((long)value == (int)value)
        {
            Code.Bytes2(0x49, 0xc7); // mov qword [r11 + offset], imm32
            Code.Memory(0, HostCode.R11, offset);
            Code.Int32((int)value);
        }
        else
        {
            Code.MoveImmediate64(HostCode.R10, value);
            Code.Store(HostCode.R11, offset, HostCode.R10);
        }

        MoveStack(-8);
    }

    // RSP moves once for pushes and pops that follow one another: nobody sees it in between.
    private void MoveStack(int by)
    {
        _stackBehind += by;
        var next = _index + 1;
        if (next < _block.Count && _block.Facts[next].Class is InstructionClass.Stack or InstructionClass.ControlFlow && _plan.RunOf(next) == _plan.RunOf(_index)
            && _plan.IsInside(next) && _block.Instructions[next].Op0Register != Register.RSP)
        {
            return;
        }

        Code.Lea(HostCode.R9, HostCode.R9, _stackBehind);
        _stackBehind = 0;
    }
}
