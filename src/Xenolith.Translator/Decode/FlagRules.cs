using Iced.Intel;

namespace Xenolith.Translator.Decode;

/// <summary>Which flags an instruction reads, writes, kills and leaves undefined: Iced's table, made safe where the count or a prefix decides.</summary>
internal static class FlagRules
{
    /// <summary>Converts a set of Iced's bits; what liveness does not track is dropped.</summary>
    public static GuestFlags Convert(RflagsBits bits)
    {
        var flags = GuestFlags.None;
        flags |= (bits & RflagsBits.CF) != 0 ? GuestFlags.Carry : 0;
        flags |= (bits & RflagsBits.PF) != 0 ? GuestFlags.Parity : 0;
        flags |= (bits & RflagsBits.AF) != 0 ? GuestFlags.Adjust : 0;
        flags |= (bits & RflagsBits.ZF) != 0 ? GuestFlags.Zero : 0;
        flags |= (bits & RflagsBits.SF) != 0 ? GuestFlags.Sign : 0;
        flags |= (bits & RflagsBits.OF) != 0 ? GuestFlags.Overflow : 0;
        flags |= (bits & RflagsBits.DF) != 0 ? GuestFlags.Direction : 0;
        return flags;
    }

    /// <summary>True if the instruction may leave its flags alone depending on a value: what it "modifies" is written but not killed.</summary>
    public static bool IsConditional(in Instruction instruction) => instruction.Mnemonic switch
    {
        Mnemonic.Shl or Mnemonic.Sal or Mnemonic.Shr or Mnemonic.Sar or Mnemonic.Rol or Mnemonic.Ror or Mnemonic.Rcl or Mnemonic.Rcr =>
            instruction.Op1Kind == OpKind.Register,
        Mnemonic.Shld or Mnemonic.Shrd => instruction.Op2Kind == OpKind.Register,
        Mnemonic.Scasb or Mnemonic.Scasw or Mnemonic.Scasd or Mnemonic.Scasq
            or Mnemonic.Cmpsb or Mnemonic.Cmpsw or Mnemonic.Cmpsd or Mnemonic.Cmpsq => instruction.HasRepPrefix || instruction.HasRepnePrefix,
        _ => false,
    };

    /// <summary>
    /// True for rcl and rcr by a full turn (a count of 9 or 18 on a byte, 17 on a word): Iced calls them neutral, but the CPU changes OF, which is
    /// undefined for any count but 1.
    /// </summary>
    public static bool IsFullTurn(in Instruction instruction) =>
        instruction.Mnemonic is Mnemonic.Rcl or Mnemonic.Rcr && instruction.Op1Kind == OpKind.Immediate8
        && (instruction.Immediate8 & 31) != 0 && instruction.RflagsModified == RflagsBits.None;

    /// <summary>True if flags depend on an immediate count, so that a row must not be shared by all instructions of the code.</summary>
    public static bool DependsOnImmediate(in Instruction instruction) => instruction.Mnemonic switch
    {
        Mnemonic.Shl or Mnemonic.Sal or Mnemonic.Shr or Mnemonic.Sar or Mnemonic.Rol or Mnemonic.Ror or Mnemonic.Rcl or Mnemonic.Rcr
            or Mnemonic.Shld or Mnemonic.Shrd => true,
        _ => false,
    };

    /// <summary>True if a prefix or operand kind changes the traits, so that a row must not be shared.</summary>
    public static bool DependsOnPrefix(in Instruction instruction) => instruction.HasLockPrefix || instruction.HasRepPrefix || instruction.HasRepnePrefix;
}
