using System.Runtime.CompilerServices;
using Xenolith.Engine;

namespace Xenolith.Machine;

/// <summary>The registers, without a call into the engine for each use: they stand in memory that it owns and does not move.</summary>
public sealed unsafe partial class Vcpu
{
    private VcpuRegisters* _registers;

    /// <summary>The registers, in the engine's memory.</summary>
    public ref VcpuRegisters Registers => ref *_registers;

    // SAFETY: the contract says that the engine's registers stand still until the vCPU's engine side is disposed, which this object does itself.
    private void FindRegisters() => _registers = (VcpuRegisters*)Unsafe.AsPointer(ref Engine.Registers);
}
