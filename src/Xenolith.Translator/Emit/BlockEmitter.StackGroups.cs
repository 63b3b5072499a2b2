using Iced.Intel;
using Xenolith.Translator.Cache;

namespace Xenolith.Translator.Emit;

/// <summary>
/// Groups of instructions that use the stack behind one check (<see cref="StackGroup"/>). When it fails (a page edge, no translation) the block goes on in a
/// second version of the group, behind the block's hot code, with a check for each; there too goes on whatever comes back from C# inside the group, for
/// only at its start is r11 made. Rows therefore name the places in the second version, but for the group's first.
/// </summary>
internal sealed partial class BlockEmitter
{
    private readonly List<PendingGroup> _pending = [];
    private bool _inSecondVersion;

    private readonly record struct PendingGroup(StackGroup Group, nint Site, nint GoOn, bool HostFlagsBefore, bool SlotFlagsBefore, bool HostFlagsBehind);

    private void EmitGroup(in StackGroup group)
    {
        Begin(group.First);
        AddRow();
        if (group.Polls)
        {
            EmitPoll();
        }

        ClobberFlags();
        Code.Lea(HostCode.R10, HostCode.R9, group.Lowest);
        EmitTagCompare(group.Size, group.Writes);
        var site = Code.JumpIf(Above);
        EmitHostPage();

        // r11 = what to add to RSP, wherever it is meanwhile, to come to the host's byte.
        EmitLea(HostCode.R11, HostCode.R11, HostCode.R10, 1, -group.Lowest, wide: true);
        Code.Bytes3(0x4d, 0x29, 0xcb); // sub r11, r9
        var (host, slot) = (_hostFlags, _slotFlags);
        for (var i = group.First; i < group.End; i++)
        {
            if (i != group.First)
            {
                Begin(i);
                AddRow();
            }

            EmitInGroup(_block.Instructions[i]);
        }

        _index = group.End - 1;
        _pending.Add(new PendingGroup(group, site, Code.Executable, host, slot, _hostFlags));
    }

    private void EmitInGroup(in Instruction instruction)
    {
        switch (_block.Facts[_index].Class)
        {
            case Decode.InstructionClass.Stack when instruction.Mnemonic == Mnemonic.Push:
                EmitGroupPush(instruction);
                break;
            case Decode.InstructionClass.Stack:
                var target = instruction.Op0Register.GetNumber();
                LoadFromStack(IsInState(target) ? HostCode.R10 : target);
                if (IsInState(target))
                {
                    Code.StoreState(State.Reg(target), HostCode.R10);
                }

                Code.Lea(HostCode.R9, HostCode.R9, 8);
                break;
            case Decode.InstructionClass.ControlFlow when instruction.FlowControl == FlowControl.Return:
                LoadFromStack(HostCode.R10);
                Code.Lea(HostCode.R9, HostCode.R9, 8 + (instruction.OpCount == 1 ? (int)instruction.GetImmediate(0) : 0));
                EmitIndirect();
                break;
            case Decode.InstructionClass.ControlFlow:
                PushImmediate(instruction.NextIP);
                RestoreFlags(_liveOut);
                EmitChain(instruction.NearBranchTarget);
                break;
            default:
                EmitInstruction(instruction, _block.Facts[_index]);
                break;
        }
    }

    private void EmitGroupPush(in Instruction instruction)
    {
        if (instruction.Op0Kind != OpKind.Register)
        {
            PushImmediate(instruction.GetImmediate(0));
            return;
        }

        var source = instruction.Op0Register.GetNumber();
        if (IsInState(source))
        {
            Code.LoadState(HostCode.R10, State.Reg(source));
            source = HostCode.R10;
        }

        Code.Bytes4(0x4b | ((source >> 3) << 2), 0x89, 0x44 | ((source & 7) << 3), 0x19); // mov [r9 + r11 - 8], source
        Code.Byte(-8);
        Code.Lea(HostCode.R9, HostCode.R9, -8);
    }

    private void PushImmediate(ulong value)
    {
        if ((long)value == (int)value)
        {
            Code.Bytes4(0x4b, 0xc7, 0x44, 0x19); // mov qword [r9 + r11 - 8], imm32
            Code.Byte(-8);
            Code.Int32((int)value);
        }
        else
        {
            Code.MoveImmediate64(HostCode.R10, value);
            Code.Bytes4(0x4f, 0x89, 0x54, 0x19); // mov [r9 + r11 - 8], r10
            Code.Byte(-8);
        }

        Code.Lea(HostCode.R9, HostCode.R9, -8);
    }

    // mov register, [r9 + r11]
    private void LoadFromStack(int register)
        => Code.Bytes4(0x4b | ((register >> 3) << 2), 0x8b, 0x04 | ((register & 7) << 3), 0x19);

    // Behind the block's hot code.
    private void EmitSecondVersions()
    {
        _inSecondVersion = true;
        foreach (var pending in _pending)
        {
            Code.Link(pending.Site, Code.Executable);
            (_hostFlags, _slotFlags) = (pending.HostFlagsBefore, pending.SlotFlagsBefore);
            for (var i = pending.Group.First; i < pending.Group.End; i++)
            {
                Begin(i);
                if (i != pending.Group.First)
                {
                    Row = NewRow();
                }

                EmitInstruction(_block.Instructions[i], _block.Facts[i]);
            }

            if (pending.Group.End == _block.Count && _block.Ends)
            {
                continue;
            }

            if (pending.HostFlagsBehind && !_hostFlags)
            {
                RestoreFlags(Decode.GuestFlags.Arithmetic);
            }

            Code.Jump(pending.GoOn);
        }

        _pending.Clear();
        _inSecondVersion = false;
    }
}
