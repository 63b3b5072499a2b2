using Iced.Intel;
using Xenolith.Translator.Cache;
using Xenolith.Translator.Decode;
using Xenolith.Translator.Fault;

namespace Xenolith.Translator.Emit;

/// <summary>Instructions of the slow class that are worth host code: pushf, reads of selectors; and bit strings.</summary>
internal sealed partial class BlockEmitter
{
    private const int NativeFlags = 0xcd5, IretHypercall = 23;

    private bool EmitSystem(in Instruction instruction)
    {
        switch (instruction.Code)
        {
            case Iced.Intel.Code.Pushfq:
                EmitPushFlags();
                return true;
            case Iced.Intel.Code.Mov_rm16_Sreg or Iced.Intel.Code.Mov_r32m16_Sreg or Iced.Intel.Code.Mov_r64m16_Sreg:
                EmitReadSelector(instruction);
                return true;
            case Iced.Intel.Code.Mov_Sreg_rm16 or Iced.Intel.Code.Mov_Sreg_r32m16 or Iced.Intel.Code.Mov_Sreg_r64m16:
                return EmitLoadSelector(instruction);
            default:
                return false;
        }
    }

    // In user code the way into the kernel, behind `mov eax, 23` of a kernel the iret hypercall; any other leaves for C#.
    private void EmitSyscall(in Instruction instruction)
    {
        var user = (long)instruction.IP >= 0;
        if (SingleStep || !(user || (_index > 0 && IsIretNumber(_block.Instructions[_index - 1]))))
        {
            EmitLeave(LeaveReason.Syscall);
            return;
        }

        // Two ways that lead to each other are a loop.
        EmitPoll();
        RestoreFlags(GuestFlags.Arithmetic);
        Code.Jump(Stub(user ? cache.Thunks.Syscall : cache.Thunks.InterruptReturn, (uint)_index | ((uint)LeaveReason.Syscall << 16)));
        _cold.Int64((long)instruction.NextIP);
    }

    private static bool IsIretNumber(in Instruction instruction)
        => instruction.Code == Iced.Intel.Code.Mov_r32_imm32 && instruction.Op0Register == Register.EAX && instruction.Immediate32 == IretHypercall;

    // The arithmetic flags and DF are the host's; all other bits stand in the state block.
    private void EmitPushFlags()
    {
        RestoreFlags(GuestFlags.Arithmetic);
        Code.Byte(0x9c); // pushfq
        Code.Bytes4(0x65, 0x8f, 0x04, 0x25); // pop gs:[Temporary]
        Code.Int32(State.Temporary);
        ClobberFlags();
        Code.LoadState32(HostCode.R10, State.Temporary);
        Code.Bytes3(0x41, 0x81, 0xe2); // and r10d, NativeFlags
        Code.Int32(NativeFlags);
        Code.LoadState32(HostCode.R11, State.Rflags);
        Code.Bytes3(0x41, 0x81, 0xe3); // and r11d, ~(NativeFlags | RF)
        Code.Int32(~(NativeFlags | 0x10000));
        Code.Bytes3(0x4d, 0x09, 0xda); // or r10, r11
        Code.StoreState(State.Temporary, HostCode.R10);
        Code.Lea(HostCode.R10, HostCode.R9, -8);
        EmitAccess(8, write: true);
        StoreStateValue(State.Temporary);
        Code.Lea(HostCode.R9, HostCode.R9, -8);
    }

    // bt, bts, btr, btc with a register index: the index moves the address first, then counts inside one operand.
    private void EmitBitString(in Instruction instruction, InstructionFacts facts)
    {
        var size = instruction.Op1Register.GetSize();
        var narrow = instruction.MemoryBase.IsGPR32() || instruction.MemoryIndex.IsGPR32() || instruction.MemoryBase == Register.EIP;
        if (size == 2 || narrow || !ParseBytes(instruction.Length))
        {
            EmitSlow();
            return;
        }

        var index = instruction.Op1Register.GetNumber();
        ClobberFlags();
        EmitAddress(instruction);
        LoadGuest(HostCode.R11, index);
        if (size == 4)
        {
            Code.Bytes3(0x4d, 0x63, 0xdb); // movsxd r11, r11d
        }

        Code.Bytes4(0x49, 0xc1, 0xfb, size == 4 ? 5 : 6); // sar r11, 5 or 6
        EmitLea(HostCode.R10, HostCode.R10, HostCode.R11, size, 0, wide: true);
        EmitAccess(size, facts.Has(InstructionTraits.WritesMemory));
        Code.LeaSum(HostCode.R10, HostCode.R10, HostCode.R11);
        LoadGuest(HostCode.R11, index);
        Code.Bytes4(0x41, 0x83, 0xe3, (size * 8) - 1); // and r11d, 31 or 63
        FlagsForOperation(facts);
        _rewriter.Reg = HostCode.R11;
        _rewriter.Write(Code, InstructionRewriter.MemoryForm.Base);
    }
}
