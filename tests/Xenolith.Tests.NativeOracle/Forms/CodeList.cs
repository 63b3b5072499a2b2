using Iced.Intel;
using Xenolith.Translator.Decode;

namespace Xenolith.Tests.NativeOracle.Forms;

/// <summary>The codes whose effect can be compared by running the same bytes.</summary>
internal static class CodeList
{
    /// <summary>Every code that 64-bit code can contain and that the instruction table lets run, except those whose result is not a function of the state.</summary>
    public static IEnumerable<Code> Comparable() => Enum.GetValues<Code>().Where(IsComparable);

    private static bool IsComparable(Code code)
    {
        var opCode = code.ToOpCode();
        if (!opCode.IsInstruction || !opCode.Mode64 || KnownDifferences.Excluded.ContainsKey(code.Mnemonic())
            || KnownDifferences.ExcludedCodes.ContainsKey(code))
        {
            return false;
        }

        var facts = InstructionTable.Compute(new Instruction { Code = code });
        return facts.Class is InstructionClass.Copy or InstructionClass.ControlFlow or InstructionClass.Stack or InstructionClass.String or InstructionClass.Slow;
    }
}
