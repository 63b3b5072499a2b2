using Iced.Intel;
using Xenolith.Translator.Cache;
using Xenolith.Translator.Fault;

namespace Xenolith.Translator.Emit;

/// <summary>
/// Emitted forms of slow instructions that kernels and C libraries execute often. Each leaves to the slow instructions when it meets
/// a case that it does not handle, before it has changed anything.
/// </summary>
internal sealed partial class BlockEmitter
{
    private const int TscAux = State.Registers + 184, Xcr0 = State.Registers + 176, Selectors = State.Selectors;

    private const int NotEqual = 5;

    /// <summary>Emits the instruction if it has an emitted form.</summary>
    private bool EmitSpecial(in Instruction instruction)
    {
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Popfq when !SingleStep:
                EmitPopFlags();
                return true;
            case Mnemonic.Iretq when !SingleStep:
                EmitInterruptReturn();
                return true;
            case Mnemonic.Rdtscp:
                Code.Bytes3(0x0f, 0x01, 0xf9);
                Code.LoadState32(HostCode.Rcx, TscAux);
                return true;
            case Mnemonic.Rdpid:
                Code.LoadState32(HostCode.R10, TscAux);
                StoreGuest(instruction.Op0Register.GetNumber(), HostCode.R10);
                return true;
            case Mnemonic.Rdfsbase or Mnemonic.Rdgsbase:
                EmitReadBase(instruction);
                return true;
            case Mnemonic.Wrfsbase or Mnemonic.Wrgsbase:
                EmitWriteBase(instruction);
                return true;
            case Mnemonic.Xsave or Mnemonic.Xsave64 or Mnemonic.Xsavec or Mnemonic.Xsavec64 or Mnemonic.Xsaveopt or Mnemonic.Xsaveopt64
                or Mnemonic.Xrstor or Mnemonic.Xrstor64:
                return EmitExtendedState(instruction);
            default:
                return false;
        }
    }

    /// <summary>An exit to the slow instructions for the current instruction, to be jumped to on a condition.</summary>
    private nint SlowStub() => Stub(cache.Thunks.Leave, (uint)_index | ((uint)LeaveReason.Slow << 16));

    /// <summary>Stores r10 into a guest register of 32 or 64 bits. Keeps flags.</summary>
    private void StoreGuestLow(Register register)
    {
        if (register.GetSize() == 4)
        {
            Code.Move32(HostCode.R10, HostCode.R10);
        }

        StoreGuest(register.GetFullRegister().GetNumber(), HostCode.R10);
    }

    // CR4.FSGSBASE of the guest: #UD, by the slow instructions.
    private void CheckBasesAllowed()
    {
        ClobberFlags();
        Code.CompareStateByte(State.BasesRefused, 0);
        Code.JumpIf(NotEqual, SlowStub());
    }

    private void EmitReadBase(in Instruction instruction)
    {
        CheckBasesAllowed();
        Code.LoadState(HostCode.R10, instruction.Mnemonic == Mnemonic.Rdfsbase ? State.FsBase : State.GsBase);
        StoreGuestLow(instruction.Op0Register);
    }

    private void EmitWriteBase(in Instruction instruction)
    {
        var source = instruction.Op0Register;
        CheckBasesAllowed();
        LoadGuest(HostCode.R10, source.GetFullRegister().GetNumber());
        if (source.GetSize() == 8)
        {
            // Not canonical: #GP.
            Code.Move(HostCode.R11, HostCode.R10);
            Code.Bytes4(0x49, 0xc1, 0xe3, 16); // shl r11, 16
            Code.Bytes4(0x49, 0xc1, 0xfb, 16); // sar r11, 16
            Code.Bytes3(0x4d, 0x39, 0xd3); // cmp r11, r10
            Code.JumpIf(NotEqual, SlowStub());
        }
        else
        {
            Code.Move32(HostCode.R10, HostCode.R10);
        }

        Code.StoreState(instruction.Mnemonic == Mnemonic.Wrfsbase ? State.FsBase : State.GsBase, HostCode.R10);
    }
}
