namespace Xenolith.Engine;

/// <summary>
/// Why <see cref="IVcpuEngine.Run"/> came back. The details stand in <see cref="VcpuRegisters"/>;
/// RIP is precise in every case.
/// </summary>
public enum ExitReason
{
    /// <summary>Somebody called <see cref="IVcpuEngine.Kick"/>, or the engine wants its loop to run. RIP is the next instruction.</summary>
    Interrupted,

    /// <summary>
    /// The guest's kernel executed <c>syscall</c> (inline, or inside the hypercall page): RAX is the number,
    /// the arguments are in RDI, RSI, RDX, R10, R8, R9. RIP is behind the instruction; RCX and R11 are untouched.
    /// </summary>
    Hypercall,

    /// <summary>The guest's user mode executed <c>syscall</c>. RIP is behind the instruction; RCX and R11 are untouched.</summary>
    Syscall,

    /// <summary>The guest's user mode executed <c>sysenter</c>. RIP is behind the instruction.</summary>
    Sysenter,

    /// <summary>
    /// A fault or trap: <see cref="VcpuRegisters.ExitVector"/>, <see cref="VcpuRegisters.ExitErrorCode"/> and, for #PF,
    /// <see cref="VcpuRegisters.ExitAddress"/>. RIP is the faulting instruction, or behind it for traps (#BP, #OF, #DB of TF).
    /// Nothing of the faulting instruction has happened, except completed iterations of a <c>rep</c>.
    /// </summary>
    Exception,

    /// <summary>
    /// <c>int n</c> with <see cref="VcpuRegisters.ExitVector"/> = n. RIP is the instruction itself: the machine decides
    /// between the guest's gate and #GP, and adds <see cref="VcpuRegisters.ExitInstructionLength"/> for the former.
    /// </summary>
    SoftwareInterrupt,

    /// <summary>
    /// An instruction that a real CPU would refuse at CPL3, or that Xen intercepts (mov cr/dr, rdmsr, wrmsr, in/out, hlt, cli,
    /// cpuid, iret, segment loads, ...; the list is in the translator's instruction table). RIP is the instruction itself;
    /// the machine fetches, emulates and steps over it, or injects the exception that Xen would.
    /// </summary>
    Privileged,

    /// <summary>The engine met something it cannot execute. The domain crashes; <see cref="VcpuRegisters.ExitErrorCode"/> says what, the engine's log says it in words.</summary>
    Failed,
}
