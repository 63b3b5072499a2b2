using System.Runtime.InteropServices;

namespace Xenolith.Abi;

/// <summary>iret_context (public/arch-x86/xen-x86_64.h): what HYPERVISOR_iret finds at RSP.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IretFrame
{
    /// <summary>Restored unless <see cref="InSyscall"/> is set: RAX always, R11 and RCX then not.</summary>
    public ulong Rax, R11, Rcx, Flags;

    /// <summary>The rest is as the processor's own IRETQ has it. The low half of CS counts.</summary>
    public ulong Rip, Cs, Rflags, Rsp, Ss;

    /// <summary>VGCF_in_syscall: leave with SYSRET, RCX and R11 are lost.</summary>
    public const ulong InSyscall = 1 << 8;
}
