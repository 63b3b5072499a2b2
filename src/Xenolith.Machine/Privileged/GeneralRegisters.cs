using System.Runtime.InteropServices;
using Xenolith.Engine;

namespace Xenolith.Machine.Privileged;

/// <summary>General registers by the number of their encoding.</summary>
internal static class GeneralRegisters
{
    /// <summary>RAX is 0, R15 is 15.</summary>
    public static ref ulong Of(ref VcpuRegisters registers, int number) => ref MemoryMarshal.CreateSpan(ref registers.Rax, 16)[number];
}
