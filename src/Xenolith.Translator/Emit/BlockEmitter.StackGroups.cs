using Iced.Intel;
using Xenolith.Translator.Cache;

namespace Xenolith.Translator.Emit;

/// <summary>
/// Groups of instructions that use the stack behind one check (<see cref="StackGroup"/>). When it fails for more than a missing translation (a page edge, a fault, a
/// page with code), C# executes the first instruction, and what follows is a block of its own; a block to which that happens often is made again without groups.
/// </summary>
internal sealed partial class BlockEmitter
{
    private const int MostUngrouped = 1024;
    private readonly HashSet<ulong> _ungrouped = [];

    /// <summary>From now on the block of an address is made without groups. Under the translation lock.</summary>
    public void Ungroup(ulong rip)
    {
        if (_ungrouped.Count == MostUngrouped)
        {
            _ungrouped.Clear();
        }

        _ungrouped.Add(rip);
    }

    private void EmitGroup(in StackGroup group)
    {
        Begin(group.First);
        AddRow();
        Row.Flags |= CodeRow.GroupStart;
        if (group.Polls)
        {
            EmitPoll();
        }

        ClobberFlags();
        if (_block.Instructions[group.End - 1].FlowControl == FlowControl.Call)
        {
            MakeRoomForReturn();
        }

        Code.Lea(HostCode.R10, HostCode.R9, group.Lowest);
        EmitTagCompare(group.Size, group.Writes);
        var info = (uint)_index | ((uint)group.Size << 16) | SiteInfo.Masked;
        Code.JumpIf(Above, Stub(group.Writes ? cache.Thunks.MissWrite : cache.Thunks.MissRead, info));
        EmitHostPage();

        // r11 = what to add to RSP, wherever it is meanwhile, to come to the host's byte.
        EmitLea(HostCode.R11, HostCode.R11, HostCode.R10, 1, -group.Lowest, wide: true);
        Code.Bytes3(0x4d, 0x29, 0xcb); // sub r11, r9
        for (var i = group.First; i < group.End; i++)
        {
            if (i != group.First)
            {
                Begin(i);
                AddRow();
                Row.Flags |= CodeRow.NoEntry;
            }

            EmitInGroup(_block.Instructions[i]);
        }

        _index = group.End - 1;
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
                EmitReturn();
                break;
            case Decode.InstructionClass.ControlFlow:
                PushImmediate(instruction.NextIP);
                EmitCallTo(instruction.NearBranchTarget, instruction.NextIP);
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
}
