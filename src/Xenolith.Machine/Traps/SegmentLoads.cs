using Xenolith.Abi;
using Xenolith.Engine;

namespace Xenolith.Machine.Traps;

/// <summary>The checks a processor makes when it loads CS and SS on the way back to the guest.</summary>
internal static class SegmentLoads
{
    /// <summary>Sets the code size from CS.</summary>
    public static void CheckReturn(Vcpu vcpu, ref VcpuRegisters registers)
        => registers.Compatibility = registers.Cs == SegmentSelector.FlatCode32 ? (byte)1 : (byte)0;
}
