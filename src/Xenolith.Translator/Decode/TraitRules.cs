using Iced.Intel;

namespace Xenolith.Translator.Decode;

/// <summary>Traits of an instruction from its operands, asked of Iced once for each row of the table.</summary>
internal static class TraitRules
{
    // Kept, because rows that depend on an immediate are worked out at every translation; it is not for several threads.
    [ThreadStatic]
    private static InstructionInfoFactory? s_factory;

    private static InstructionInfoFactory Factory => s_factory ??= new();

    /// <summary>What happens to the explicit memory operand.</summary>
    public static InstructionTraits OfMemory(in Instruction instruction)
    {
        var traits = InstructionTraits.None;
        var info = Factory.GetInfo(instruction, InstructionInfoOptions.NoRegisterUsage);
        for (var i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) != OpKind.Memory)
            {
                continue;
            }

            traits |= info.GetOpAccess(i) switch
            {
                OpAccess.Read or OpAccess.CondRead => InstructionTraits.ReadsMemory,
                OpAccess.Write or OpAccess.CondWrite => InstructionTraits.WritesMemory,
                OpAccess.ReadWrite or OpAccess.ReadCondWrite => InstructionTraits.ReadsMemory | InstructionTraits.WritesMemory,
                _ => InstructionTraits.None,
            };
        }

        switch (instruction.Mnemonic)
        {
            case Mnemonic.Clflush or Mnemonic.Clflushopt or Mnemonic.Clwb:
                // They change nothing that a guest can see, but fault like a read of one byte.
                return InstructionTraits.ReadsMemory;
            case Mnemonic.Vmaskmovps or Mnemonic.Vmaskmovpd or Mnemonic.Vpmaskmovd or Mnemonic.Vpmaskmovq:
                traits |= InstructionTraits.MaskedMemory;
                break;
            case Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc when instruction.Op1Kind == OpKind.Register:
                traits |= InstructionTraits.BitString;
                break;
            case Mnemonic.Cmpxchg or Mnemonic.Cmpxchg8b or Mnemonic.Cmpxchg16b:
                // The CPU writes in every case (the old value if the comparison fails), so write access is needed.
                traits |= InstructionTraits.ReadsMemory | InstructionTraits.WritesMemory;
                break;
            default:
                break;
        }

        if (instruction.HasLockPrefix || instruction.Mnemonic == Mnemonic.Xchg)
        {
            traits |= InstructionTraits.Locked;
        }

        return traits;
    }

    /// <summary>True if an operand is a vector register.</summary>
    public static bool NamesVector(in Instruction instruction)
    {
        for (var i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) == OpKind.Register && instruction.GetOpRegister(i).IsVectorRegister())
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Which register files the instruction needs, and whether it may raise an exception by its values.</summary>
    public static InstructionTraits OfRegisters(in Instruction instruction)
    {
        var traits = InstructionTraits.None;
        foreach (var feature in instruction.CpuidFeatures)
        {
            if (feature is CpuidFeature.FPU or CpuidFeature.FPU287 or CpuidFeature.FPU387 or CpuidFeature.MMX or CpuidFeature.FXSR)
            {
                traits |= InstructionTraits.X87;
            }

            if (feature is CpuidFeature.FXSR or CpuidFeature.XSAVE or CpuidFeature.XSAVEC or CpuidFeature.XSAVEOPT
                && instruction.Mnemonic is not Mnemonic.Xgetbv and not Mnemonic.Xsetbv)
            {
                traits |= InstructionTraits.X87 | InstructionTraits.Vector;
            }
        }

        if (instruction.Mnemonic is Mnemonic.Ldmxcsr or Mnemonic.Stmxcsr or Mnemonic.Vldmxcsr or Mnemonic.Vstmxcsr
            or Mnemonic.Vzeroupper or Mnemonic.Vzeroall)
        {
            traits |= InstructionTraits.Vector;
        }

        foreach (var used in Factory.GetInfo(instruction, InstructionInfoOptions.NoMemoryUsage).GetUsedRegisters())
        {
            var register = used.Register;
            if (register.IsXMM() || register.IsYMM() || register.IsZMM())
            {
                traits |= InstructionTraits.Vector;
            }
            else if (register.IsMM() || register.IsST())
            {
                traits |= InstructionTraits.X87;
            }
        }

        if ((traits & (InstructionTraits.X87 | InstructionTraits.Vector)) != 0 || instruction.Mnemonic is Mnemonic.Div or Mnemonic.Idiv)
        {
            traits |= InstructionTraits.MayRaise;
        }

        return traits;
    }
}
