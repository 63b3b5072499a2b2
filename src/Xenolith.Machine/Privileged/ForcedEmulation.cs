namespace Xenolith.Machine.Privileged;

/// <summary>Xen's forced-emulation prefix: <c>ud2; .ascii "xen"</c> before cpuid asks for Xen's answer where the processor would give its own.</summary>
internal static class ForcedEmulation
{
    private static ReadOnlySpan<byte> PrefixedCpuid => [0x0f, 0x0b, (byte)'x', (byte)'e', (byte)'n', 0x0f, 0xa2];

    /// <summary>After a #UD: emulates the instruction if it is that. False if the #UD is the guest's own.</summary>
    public static bool TryEmulate(Vcpu vcpu)
    {
        ref var registers = ref vcpu.Registers;
        Span<byte> code = stackalloc byte[7];
        if (!vcpu.TryFetchGuest(registers.Rip, code) || !code.SequenceEqual(PrefixedCpuid))
        {
            return false;
        }

        PrivilegedInstructions.Cpuid(vcpu, forced: true);
        registers.Rip += (ulong)code.Length;
        return true;
    }
}
