namespace Xenolith.Machine.Mmu;

/// <summary>What the inner loop of a long hypercall may return beside 0 and negated errors.</summary>
internal static class MmuResult
{
    /// <summary>Something waits for the vCPU: go on later (<see cref="Vcpu.Continue"/>). No error of the ABI.</summary>
    public const int Yield = int.MinValue;
}
