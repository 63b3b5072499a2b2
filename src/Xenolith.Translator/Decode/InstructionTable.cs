using Iced.Intel;

namespace Xenolith.Translator.Decode;

/// <summary>
/// The instruction table: one row of <see cref="InstructionFacts"/> for each form of each code, worked out from the rules at its first use
/// and kept. Any thread; rows are pure functions of their key, so that a race computes the same row twice.
/// </summary>
internal static class InstructionTable
{
    private const ulong Known = 1UL << 63;

    // Two rows for a code: with register operands only, and with a memory operand.
    private static readonly ulong[] s_rows = new ulong[2 * 8192];

    /// <summary>The facts of a decoded instruction. <see cref="Code.INVALID"/> is undefined.</summary>
    public static InstructionFacts Of(in Instruction instruction)
    {
        if (FlagRules.DependsOnImmediate(instruction) || FlagRules.DependsOnPrefix(instruction))
        {
            return Compute(instruction);
        }

        var index = ((int)instruction.Code << 1) | (HasMemory(instruction) ? 1 : 0);
        if ((uint)index >= (uint)s_rows.Length)
        {
            return Compute(instruction);
        }

        var row = Volatile.Read(ref s_rows[index]);
        if (row != 0)
        {
            return Unpack(row);
        }

        var facts = Compute(instruction);
        Volatile.Write(ref s_rows[index], Pack(facts));
        return facts;
    }

    /// <summary>Works out a row without the table.</summary>
    internal static InstructionFacts Compute(in Instruction instruction)
    {
        var code = instruction.Code;
        if (code == Code.INVALID)
        {
            return default;
        }

        var hint = MnemonicRules.IsHint(instruction);
        if (!hint && !OfferedFeatures.Allow(code))
        {
            return default;
        }

        var @class = hint ? InstructionClass.Copy : MnemonicRules.ClassOf(code);
        var traits = hint ? InstructionTraits.Nop : InstructionTraits.None;
        if (HasMemory(instruction))
        {
            traits |= hint || instruction.Mnemonic == Mnemonic.Lea ? InstructionTraits.AddressOnly : TraitRules.OfMemory(instruction);
        }

        traits |= hint ? 0 : TraitRules.OfRegisters(instruction);

        if (FlagRules.IsFullTurn(instruction))
        {
            return new InstructionFacts(@class, traits, GuestFlags.Carry, GuestFlags.Overflow, GuestFlags.Overflow, GuestFlags.Overflow);
        }

        var modified = FlagRules.Convert(instruction.RflagsModified);
        return new InstructionFacts(
            @class,
            traits,
            FlagRules.Convert(instruction.RflagsRead),
            modified,
            FlagRules.IsConditional(instruction) ? GuestFlags.None : modified,
            FlagRules.Convert(instruction.RflagsUndefined));
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

    private static ulong Pack(InstructionFacts facts) =>
        Known | (byte)facts.Class | ((ulong)facts.Traits << 8) | ((ulong)facts.FlagsRead << 24) | ((ulong)facts.FlagsWritten << 32)
        | ((ulong)facts.FlagsKilled << 40) | ((ulong)facts.FlagsUndefined << 48);

    private static InstructionFacts Unpack(ulong row) => new(
        (InstructionClass)(byte)row,
        (InstructionTraits)(ushort)(row >> 8),
        (GuestFlags)(byte)(row >> 24),
        (GuestFlags)(byte)(row >> 32),
        (GuestFlags)(byte)(row >> 40),
        (GuestFlags)((row >> 48) & 0x7F));
}
