using Iced.Intel;
using Xenolith.Translator.Cache;
using Xenolith.Translator.Decode;

namespace Xenolith.Translator.Emit;

/// <summary>Instructions that run as themselves, with registers renamed and the memory operand rewritten.</summary>
internal sealed partial class BlockEmitter
{
    private InstructionRewriter _rewriter;

    private void EmitCopy(in Instruction instruction, InstructionFacts facts)
    {
        if (facts.Has(InstructionTraits.Nop))
        {
            return;
        }

        if (facts.Has(InstructionTraits.AddressOnly))
        {
            EmitLoadAddress(instruction);
            return;
        }

        var memory = HasMemory(instruction);
        if (facts.Has(InstructionTraits.BitString))
        {
            EmitBitString(instruction, facts);
            return;
        }

        if ((memory && OperandMemory.SizeOf(instruction) == 0)
            || !ParseBytes(instruction.Length))
        {
            EmitSlow();
            return;
        }

        var operands = RegisterOperands.Of(instruction);
        if (operands.HighByte && (operands.General & (1 << HostCode.Rsp)) != 0)
        {
            // crc32 esp, dh and its like: RSP's home needs a prefix that the high byte excludes.
            EmitSlow();
            return;
        }

        var plan = new RenamePlan(ref _rewriter, operands);
        if (!memory)
        {
            FlagsForOperation(facts, HostCode.R10);
            EmitWithRegisters(plan, HostCode.R10);
            return;
        }

        EmitOperandAccess(instruction, facts);
        FlagsForOperation(facts);
        if (!_rewriter.HasModRm)
        {
            EmitAbsoluteMove(instruction);
        }
        else if (operands.HighByte)
        {
            Code.LeaSum(HostCode.R10, HostCode.R10, HostCode.R11);
            Code.StoreState(State.Spill, HostCode.Rsi);
            Code.Move(HostCode.Rsi, HostCode.R10);
            _rewriter.Write(Code, InstructionRewriter.MemoryForm.Low);
            Code.LoadState(HostCode.Rsi, State.Spill);
        }
        else if (plan.Count == 0)
        {
            _rewriter.Write(Code, InstructionRewriter.MemoryForm.Sum);
        }
        else if (plan.Count == 1 && IsPureLoad(instruction))
        {
            plan.Rename(ref _rewriter, 0, HostCode.R11);
            _rewriter.Write(Code, InstructionRewriter.MemoryForm.Sum);
            Code.StoreState(State.Reg(plan.Guest(0)), HostCode.R11);
        }
        else
        {
            Code.LeaSum(HostCode.R10, HostCode.R10, HostCode.R11);
            EmitWithRegisters(plan, HostCode.R11);
        }
    }

    /// <summary>Loads displaced registers into scratch registers from <paramref name="first"/> to <paramref name="last"/> (then borrowed ones), operates, stores them back.</summary>
    private void EmitWithRegisters(
        RenamePlan plan, int first, int last = HostCode.R11, InstructionRewriter.MemoryForm form = InstructionRewriter.MemoryForm.Base)
    {
        Span<int> homes = stackalloc int[3];
        Span<int> borrowed = stackalloc int[2];
        var borrowCount = 0;
        for (var i = 0; i < plan.Count; i++)
        {
            var home = first + i;
            if (home > last)
            {
                home = plan.Free(borrowCount);
                borrowed[borrowCount] = home;
                Code.StoreState(State.Spill + (8 * borrowCount++), home);
            }

            homes[i] = home;
            if (plan.IsRead(i))
            {
                Code.LoadState(home, State.Reg(plan.Guest(i)));
            }

            plan.Rename(ref _rewriter, i, home);
        }

        _rewriter.Write(Code, form);
        for (var i = 0; i < plan.Count; i++)
        {
            if (plan.IsWritten(i))
            {
                Code.StoreState(State.Reg(plan.Guest(i)), homes[i]);
            }
        }

        for (var i = 0; i < borrowCount; i++)
        {
            Code.LoadState(borrowed[i], State.Spill + (8 * i));
        }
    }

    // mov between al, ax, eax, rax and [moffs64]: the same with an ordinary operand.
    private void EmitAbsoluteMove(in Instruction instruction)
    {
        var size = instruction.MemorySize.GetSize();
        var store = instruction.Op0Kind == OpKind.Memory;
        if (size == 2)
        {
            Code.Byte(0x66);
        }

        Code.Bytes4(size == 8 ? 0x4b : 0x43, (store ? 0x88 : 0x8a) | (size == 1 ? 0 : 1), 0x04, 0x1a);
    }

    private static bool HasMemory(in Instruction instruction)
    {
        for (var i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) == OpKind.Memory)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsPureLoad(in Instruction instruction) => instruction.Op1Kind == OpKind.Memory && instruction.Mnemonic switch
    {
        Mnemonic.Mov => instruction.Op0Register.IsGPR64() || instruction.Op0Register.IsGPR32(),
        Mnemonic.Movzx or Mnemonic.Movsx or Mnemonic.Movsxd => instruction.Op0Register.IsGPR64() || instruction.Op0Register.IsGPR32(),
        _ => false,
    };
}
