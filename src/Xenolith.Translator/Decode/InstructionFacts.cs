namespace Xenolith.Translator.Decode;

/// <summary>One row of the instruction table: eight bytes, so that a copy costs a register.</summary>
/// <param name="Class">How the instruction is treated.</param>
/// <param name="Traits">What an emitter must know besides.</param>
/// <param name="FlagsRead">Flags whose value before the instruction matters.</param>
/// <param name="FlagsWritten">Flags that may differ afterwards, the undefined ones included.</param>
/// <param name="FlagsKilled">Flags whose value before the instruction is certainly gone or meaningless afterwards: what liveness may rely on.</param>
/// <param name="FlagsUndefined">Flags that the architecture leaves undefined: not compared by tests, never relied on.</param>
internal readonly record struct InstructionFacts(
    InstructionClass Class,
    InstructionTraits Traits,
    GuestFlags FlagsRead,
    GuestFlags FlagsWritten,
    GuestFlags FlagsKilled,
    GuestFlags FlagsUndefined)
{
    /// <summary>True if any of the given traits is set.</summary>
    public bool Has(InstructionTraits traits) => (Traits & traits) != 0;
}
