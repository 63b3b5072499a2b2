namespace Xenolith.Engine.Cpuid;

/// <summary>What a guest may see of one register of one CPUID leaf.</summary>
/// <param name="Leaf">EAX on input.</param>
/// <param name="Subleaf">ECX on input, or <see cref="AnySubleaf"/>.</param>
/// <param name="Register">The register.</param>
/// <param name="Allowed">Bits of the host's value that the guest sees.</param>
/// <param name="Forced">Bits that the guest sees set whatever the host says.</param>
/// <param name="Reason">Why these bits and not the others.</param>
public readonly record struct CpuidRule(uint Leaf, uint Subleaf, CpuidRegister Register, uint Allowed, uint Forced, string Reason)
{
    /// <summary>Marks a rule that holds for every subleaf.</summary>
    public const uint AnySubleaf = uint.MaxValue;
}
