using Iced.Intel;
using Xenolith.Translator.Decode;

namespace Xenolith.Translator.Emit;

/// <summary>Which general registers an instruction that runs as itself changes, those included that it does not name.</summary>
internal static class RegisterChanges
{
    private const int Rax = 1 << HostCode.Rax, Rdx = 1 << HostCode.Rdx;

    /// <summary>All general registers.</summary>
    public const int All = 0xffff;

    /// <summary>Bit n: general register n may change. All of them for an instruction that is not known here.</summary>
    public static int Of(in Instruction instruction, InstructionFacts facts)
    {
        var implied = Implied(instruction.Mnemonic, facts);
        if (implied == All)
        {
            return implied;
        }

        var operands = RegisterOperands.Of(instruction);
        return operands.HighByte ? implied | operands.General : implied | operands.Written;
    }

    /// <summary>True if all that it does to general registers is to make one the sum of one and a constant.</summary>
    public static bool TrySum(in Instruction instruction, out int target, out int source, out int added)
    {
        target = source = added = 0;
        if (instruction.OpCount == 0 || instruction.Op0Kind != OpKind.Register || !instruction.Op0Register.IsGPR64())
        {
            return false;
        }

        target = source = instruction.Op0Register.GetNumber();
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Add when instruction.Op1Kind is OpKind.Immediate8to64 or OpKind.Immediate32to64:
                added = (int)instruction.GetImmediate(1);
                return true;
            case Mnemonic.Sub when instruction.Op1Kind is OpKind.Immediate8to64 or OpKind.Immediate32to64:
                added = -(int)instruction.GetImmediate(1);
                return added != int.MinValue;
            case Mnemonic.Inc:
                added = 1;
                return true;
            case Mnemonic.Dec:
                added = -1;
                return true;
            case Mnemonic.Mov when instruction.Op1Kind == OpKind.Register && instruction.Op1Register.IsGPR64():
                source = instruction.Op1Register.GetNumber();
                return true;
            case Mnemonic.Lea when instruction.MemoryBase.IsGPR64() && instruction.MemoryIndex == Register.None:
                source = instruction.MemoryBase.GetNumber();
                added = (int)instruction.MemoryDisplacement64;
                return true;
            default:
                return false;
        }
    }

    private static int Implied(Mnemonic mnemonic, InstructionFacts facts)
    {
        switch (mnemonic)
        {
            case Mnemonic.Mov or Mnemonic.Movzx or Mnemonic.Movsx or Mnemonic.Movsxd or Mnemonic.Movbe or Mnemonic.Lea or Mnemonic.Xchg or Mnemonic.Xadd
                or Mnemonic.Add or Mnemonic.Sub or Mnemonic.Adc or Mnemonic.Sbb or Mnemonic.And or Mnemonic.Or or Mnemonic.Xor or Mnemonic.Cmp or Mnemonic.Test
                or Mnemonic.Inc or Mnemonic.Dec or Mnemonic.Neg or Mnemonic.Not or Mnemonic.Bswap
                or Mnemonic.Shl or Mnemonic.Sal or Mnemonic.Shr or Mnemonic.Sar or Mnemonic.Rol or Mnemonic.Ror or Mnemonic.Rcl or Mnemonic.Rcr
                or Mnemonic.Shld or Mnemonic.Shrd or Mnemonic.Shlx or Mnemonic.Shrx or Mnemonic.Sarx or Mnemonic.Rorx
                or Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc or Mnemonic.Bsf or Mnemonic.Bsr
                or Mnemonic.Tzcnt or Mnemonic.Lzcnt or Mnemonic.Popcnt or Mnemonic.Andn
                or Mnemonic.Cmova or Mnemonic.Cmovae or Mnemonic.Cmovb or Mnemonic.Cmovbe or Mnemonic.Cmove or Mnemonic.Cmovg or Mnemonic.Cmovge or Mnemonic.Cmovl
                or Mnemonic.Cmovle or Mnemonic.Cmovne or Mnemonic.Cmovno or Mnemonic.Cmovnp or Mnemonic.Cmovns or Mnemonic.Cmovo or Mnemonic.Cmovp or Mnemonic.Cmovs
                or Mnemonic.Seta or Mnemonic.Setae or Mnemonic.Setb or Mnemonic.Setbe or Mnemonic.Sete or Mnemonic.Setg or Mnemonic.Setge or Mnemonic.Setl
                or Mnemonic.Setle or Mnemonic.Setne or Mnemonic.Setno or Mnemonic.Setnp or Mnemonic.Setns or Mnemonic.Seto or Mnemonic.Setp or Mnemonic.Sets
                or Mnemonic.Pause or Mnemonic.Lfence or Mnemonic.Mfence or Mnemonic.Sfence or Mnemonic.Clc or Mnemonic.Stc or Mnemonic.Cmc or Mnemonic.Cld or Mnemonic.Std
                or Mnemonic.Movups or Mnemonic.Movaps or Mnemonic.Movupd or Mnemonic.Movapd or Mnemonic.Movdqu or Mnemonic.Movdqa or Mnemonic.Movq or Mnemonic.Movd
                or Mnemonic.Movsd or Mnemonic.Movss or Mnemonic.Movlps or Mnemonic.Movhps or Mnemonic.Pxor or Mnemonic.Xorps or Mnemonic.Punpcklqdq or Mnemonic.Pcmpeqb
                or Mnemonic.Pmovmskb or Mnemonic.Vmovdqu or Mnemonic.Vmovdqa or Mnemonic.Vmovups or Mnemonic.Vmovaps or Mnemonic.Vpxor:
                return 0;
            case Mnemonic.Cmpxchg or Mnemonic.Cbw or Mnemonic.Cwde or Mnemonic.Cdqe:
                return Rax;
            case Mnemonic.Cwd or Mnemonic.Cdq or Mnemonic.Cqo:
                return Rdx;
            case Mnemonic.Mul or Mnemonic.Imul or Mnemonic.Div or Mnemonic.Idiv or Mnemonic.Rdtsc or Mnemonic.Cmpxchg8b or Mnemonic.Cmpxchg16b:
                return Rax | Rdx;
            default:
                return facts.Has(InstructionTraits.Nop) ? 0 : All;
        }
    }
}
