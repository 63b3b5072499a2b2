using Iced.Intel;
using Xenolith.Translator.Cache;
using Xenolith.Translator.Decode;

namespace Xenolith.Translator.Emit;

/// <summary>push, pop and leave. RSP changes after every check.</summary>
internal sealed partial class BlockEmitter
{
    private void EmitStack(in Instruction instruction)
    {
        var size = Math.Abs(instruction.StackPointerIncrement);
        if (size != 8 && instruction.Mnemonic != Mnemonic.Leave)
        {
            EmitSlow();
            return;
        }

        switch (instruction.Mnemonic)
        {
            case Mnemonic.Push:
                EmitPush(instruction);
                break;
            case Mnemonic.Pop:
                EmitPop(instruction);
                break;
            case Mnemonic.Leave when instruction.Code == Iced.Intel.Code.Leaveq:
                ClobberFlags();
                Code.Move(HostCode.R10, HostCode.Rbp);
                EmitAccess(8, write: false);
                Code.Lea(HostCode.R9, HostCode.Rbp, 8);
                LoadSum(HostCode.Rbp);
                break;
            default:
                EmitSlow();
                break;
        }
    }

    private void EmitPush(in Instruction instruction)
    {
        ClobberFlags();
        if (instruction.Op0Kind == OpKind.Memory)
        {
            EmitAddress(instruction);
            EmitAccess(8, write: false);
            LoadSum(HostCode.R10);
            Code.StoreState(State.Temporary, HostCode.R10);
        }

        Code.Lea(HostCode.R10, HostCode.R9, -8);
        EmitAccess(8, write: true);
        if (instruction.Op0Kind == OpKind.Memory)
        {
            StoreStateValue(State.Temporary);
        }
        else if (instruction.Op0Kind == OpKind.Register)
        {
            var guest = instruction.Op0Register.GetNumber();
            if (IsInState(guest))
            {
                StoreStateValue(State.Reg(guest));
            }
            else
            {
                StoreSum(HomeOf(guest));
            }
        }
        else
        {
            StoreSumImmediate((int)(long)instruction.GetImmediate(0));
        }

        Code.Lea(HostCode.R9, HostCode.R9, -8);
    }

    private void EmitPop(in Instruction instruction)
    {
        ClobberFlags();
        Code.Move(HostCode.R10, HostCode.R9);
        EmitAccess(8, write: false);
        if (instruction.Op0Kind == OpKind.Memory)
        {
            LoadSum(HostCode.R10);
            Code.StoreState(State.Temporary, HostCode.R10);
            EmitAddress(instruction, stackBias: 8);
            EmitAccess(8, write: true);
            StoreStateValue(State.Temporary);
            Code.Lea(HostCode.R9, HostCode.R9, 8);
            return;
        }

        var guest = instruction.Op0Register.GetNumber();
        if (guest == HostCode.Rsp)
        {
            LoadSum(HostCode.R9);
            return;
        }

        if (IsInState(guest))
        {
            LoadSum(HostCode.R10);
            Code.StoreState(State.Reg(guest), HostCode.R10);
        }
        else
        {
            LoadSum(guest);
        }

        Code.Lea(HostCode.R9, HostCode.R9, 8);
    }

    /// <summary>mov reg64, [r10 + r11].</summary>
    private void LoadSum(int register)
        => Code.Bytes4(0x4b | ((register >> 3) << 2), 0x8b, 0x04 | ((register & 7) << 3), 0x1a);

    /// <summary>mov [r10 + r11], reg64.</summary>
    private void StoreSum(int register)
        => Code.Bytes4(0x4b | ((register >> 3) << 2), 0x89, 0x04 | ((register & 7) << 3), 0x1a);

    /// <summary>mov qword [r10 + r11], imm32 (sign-extended).</summary>
    private void StoreSumImmediate(int value)
    {
        Code.Bytes4(0x4b, 0xc7, 0x04, 0x1a);
        Code.Int32(value);
    }

    /// <summary>Stores a word of the state block to [r10 + r11]; both are destroyed.</summary>
    private void StoreStateValue(int displacement)
    {
        Code.LeaSum(HostCode.R10, HostCode.R10, HostCode.R11);
        Code.LoadState(HostCode.R11, displacement);
        Code.Store(HostCode.R10, 0, HostCode.R11);
    }
}
