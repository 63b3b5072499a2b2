using Iced.Intel;
using Xenolith.Translator.Decode;

namespace Xenolith.Translator.Emit;

/// <summary>Which general registers an instruction that runs as itself changes, those included that it does not name. Asked for every translated instruction: a table.</summary>
internal static class RegisterChanges
{
    /// <summary>All general registers.</summary>
    public const int All = 0xffff;

    /// <summary>More than there are; counting them would make a string of each one's name.</summary>
    private const int Mnemonics = 4096;

    private static readonly Change[] s_byMnemonic = Table();

    [Flags]
    private enum Change : byte
    {
        Unknown = 0,
        Known = 1,
        First = 2,
        Second = 4,
        Rax = 8,
        Rdx = 16,
    }

    /// <summary>Bit n: general register n may change. All of them for an instruction that is not known here.</summary>
    public static int Of(in Instruction instruction)
    {
        var change = s_byMnemonic[(int)instruction.Mnemonic];
        if (change <= Change.Known)
        {
            return change == Change.Known ? 0 : All;
        }

        var changed = (change & Change.Rax) != 0 ? 1 << HostCode.Rax : 0;
        changed |= (change & Change.Rdx) != 0 ? 1 << HostCode.Rdx : 0;
        changed |= (change & Change.First) != 0 ? Bit(instruction.Op0Register) : 0;
        return (change & Change.Second) != 0 ? changed | Bit(instruction.Op1Register) : changed;
    }

    /// <summary>True if all that it does to general registers is to make one the sum of one and a constant.</summary>
    public static bool TrySum(in Instruction instruction, out int target, out int source, out int added)
    {
        var first = instruction.Op0Register;
        target = source = first - Register.RAX;
        added = 0;
        if ((uint)target > 15 || instruction.Op0Kind != OpKind.Register)
        {
            return false;
        }

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

    private static int Bit(Register register) => register.IsGPR() ? 1 << register.GetFullRegister().GetNumber() : 0;

    private static Change[] Table()
    {
        var table = new Change[Mnemonics];
        Set(
            Change.Known,
            Mnemonic.Cmp, Mnemonic.Test, Mnemonic.Bt, Mnemonic.Nop, Mnemonic.Endbr64, Mnemonic.Pause, Mnemonic.Lfence, Mnemonic.Mfence, Mnemonic.Sfence,
            Mnemonic.Clc, Mnemonic.Stc, Mnemonic.Cmc, Mnemonic.Cld, Mnemonic.Std, Mnemonic.Prefetcht0, Mnemonic.Prefetcht1, Mnemonic.Prefetcht2, Mnemonic.Prefetchnta, Mnemonic.Prefetchw);
        Set(
            Change.First,
            Mnemonic.Mov, Mnemonic.Movzx, Mnemonic.Movsx, Mnemonic.Movsxd, Mnemonic.Movbe, Mnemonic.Lea,
            Mnemonic.Add, Mnemonic.Sub, Mnemonic.Adc, Mnemonic.Sbb, Mnemonic.And, Mnemonic.Or, Mnemonic.Xor, Mnemonic.Inc, Mnemonic.Dec, Mnemonic.Neg, Mnemonic.Not, Mnemonic.Bswap,
            Mnemonic.Shl, Mnemonic.Sal, Mnemonic.Shr, Mnemonic.Sar, Mnemonic.Rol, Mnemonic.Ror, Mnemonic.Rcl, Mnemonic.Rcr, Mnemonic.Shld, Mnemonic.Shrd,
            Mnemonic.Shlx, Mnemonic.Shrx, Mnemonic.Sarx, Mnemonic.Rorx, Mnemonic.Andn, Mnemonic.Bts, Mnemonic.Btr, Mnemonic.Btc, Mnemonic.Bsf, Mnemonic.Bsr,
            Mnemonic.Tzcnt, Mnemonic.Lzcnt, Mnemonic.Popcnt);
        Set(
            Change.First,
            Mnemonic.Cmova, Mnemonic.Cmovae, Mnemonic.Cmovb, Mnemonic.Cmovbe, Mnemonic.Cmove, Mnemonic.Cmovg, Mnemonic.Cmovge, Mnemonic.Cmovl,
            Mnemonic.Cmovle, Mnemonic.Cmovne, Mnemonic.Cmovno, Mnemonic.Cmovnp, Mnemonic.Cmovns, Mnemonic.Cmovo, Mnemonic.Cmovp, Mnemonic.Cmovs,
            Mnemonic.Seta, Mnemonic.Setae, Mnemonic.Setb, Mnemonic.Setbe, Mnemonic.Sete, Mnemonic.Setg, Mnemonic.Setge, Mnemonic.Setl,
            Mnemonic.Setle, Mnemonic.Setne, Mnemonic.Setno, Mnemonic.Setnp, Mnemonic.Setns, Mnemonic.Seto, Mnemonic.Setp, Mnemonic.Sets);
        Set(
            Change.First,
            Mnemonic.Movups, Mnemonic.Movaps, Mnemonic.Movupd, Mnemonic.Movapd, Mnemonic.Movdqu, Mnemonic.Movdqa, Mnemonic.Movq, Mnemonic.Movd,
            Mnemonic.Movsd, Mnemonic.Movss, Mnemonic.Movlps, Mnemonic.Movhps, Mnemonic.Pxor, Mnemonic.Xorps, Mnemonic.Punpcklqdq, Mnemonic.Pcmpeqb, Mnemonic.Pmovmskb,
            Mnemonic.Vmovdqu, Mnemonic.Vmovdqa, Mnemonic.Vmovups, Mnemonic.Vmovaps, Mnemonic.Vpxor);
        Set(Change.First | Change.Second, Mnemonic.Xchg, Mnemonic.Xadd);
        Set(Change.First | Change.Rax, Mnemonic.Cmpxchg);
        Set(Change.Rax, Mnemonic.Cbw, Mnemonic.Cwde, Mnemonic.Cdqe);
        Set(Change.Rdx, Mnemonic.Cwd, Mnemonic.Cdq, Mnemonic.Cqo);
        Set(Change.First | Change.Rax | Change.Rdx, Mnemonic.Mul, Mnemonic.Imul, Mnemonic.Div, Mnemonic.Idiv, Mnemonic.Rdtsc, Mnemonic.Cmpxchg8b, Mnemonic.Cmpxchg16b);
        return table;

        void Set(Change change, params ReadOnlySpan<Mnemonic> mnemonics)
        {
            foreach (var mnemonic in mnemonics)
            {
                table[(int)mnemonic] = Change.Known | change;
            }
        }
    }
}
