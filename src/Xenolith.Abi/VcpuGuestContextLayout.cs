namespace Xenolith.Abi;

/// <summary>Byte offsets in the 64-bit vcpu_guest_context (public/arch-x86/xen.h) of VCPUOP_initialise.</summary>
public static class VcpuGuestContextLayout
{
    /// <summary>fpu_ctxt: 512 bytes in FXSAVE form.</summary>
    public const int Fpu = 0;

    /// <summary>flags: VGCF_*.</summary>
    public const int Flags = 512;

    /// <summary>user_regs: r15 first, then r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi.</summary>
    public const int Registers = 520;

    /// <summary>user_regs.rip.</summary>
    public const int Rip = Registers + 128;

    /// <summary>user_regs.cs.</summary>
    public const int Cs = Registers + 136;

    /// <summary>user_regs.rflags.</summary>
    public const int Rflags = Registers + 144;

    /// <summary>user_regs.rsp.</summary>
    public const int Rsp = Registers + 152;

    /// <summary>user_regs.ss.</summary>
    public const int Ss = Registers + 160;

    /// <summary>user_regs.es; ds, fs and gs follow, 8 bytes each.</summary>
    public const int Es = Registers + 168;

    /// <summary>trap_ctxt[256]: <see cref="TrapInfo"/> by vector.</summary>
    public const int Traps = 720;

    /// <summary>ldt_base; ldt_ents follows.</summary>
    public const int LdtBase = 4816;

    /// <summary>gdt_frames[16].</summary>
    public const int GdtFrames = 4832;

    /// <summary>gdt_ents.</summary>
    public const int GdtEntries = 4960;

    /// <summary>kernel_ss; kernel_sp follows.</summary>
    public const int KernelSs = 4968;

    /// <summary>ctrlreg[8]; the user page table is in ctrlreg[1].</summary>
    public const int ControlRegisters = 4984;

    /// <summary>debugreg[8].</summary>
    public const int DebugRegisters = 5048;

    /// <summary>event_callback_eip; failsafe_callback_eip and syscall_callback_eip follow.</summary>
    public const int EventCallback = 5112;

    /// <summary>vm_assist.</summary>
    public const int VmAssist = 5136;

    /// <summary>fs_base; gs_base_kernel and gs_base_user follow.</summary>
    public const int FsBase = 5144;

    /// <summary>Bytes of the structure.</summary>
    public const int Size = 5168;

    /// <summary>VGCF_i387_valid: fpu_ctxt counts.</summary>
    public const ulong FpuValid = 1;

    /// <summary>VGCF_in_kernel: start in kernel mode.</summary>
    public const ulong InKernel = 4;

    /// <summary>VGCF_failsafe_disables_events.</summary>
    public const ulong FailsafeMasksEvents = 8;

    /// <summary>VGCF_syscall_disables_events.</summary>
    public const ulong SyscallMasksEvents = 16;
}
