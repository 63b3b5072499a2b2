namespace Xenolith.Abi;

/// <summary>Hypercall numbers (public/xen.h): what a guest puts into RAX.</summary>
public static class HypercallNumber
{
    /// <summary>set_trap_table</summary>
    public const int SetTrapTable = 0;

    /// <summary>mmu_update</summary>
    public const int MmuUpdate = 1;

    /// <summary>set_gdt</summary>
    public const int SetGdt = 2;

    /// <summary>stack_switch</summary>
    public const int StackSwitch = 3;

    /// <summary>set_callbacks</summary>
    public const int SetCallbacks = 4;

    /// <summary>fpu_taskswitch</summary>
    public const int FpuTaskSwitch = 5;

    /// <summary>sched_op_compat, the two-argument form from before interface 0x30101.</summary>
    public const int SchedOpCompat = 6;

    /// <summary>platform_op</summary>
    public const int PlatformOp = 7;

    /// <summary>set_debugreg</summary>
    public const int SetDebugReg = 8;

    /// <summary>get_debugreg</summary>
    public const int GetDebugReg = 9;

    /// <summary>update_descriptor</summary>
    public const int UpdateDescriptor = 10;

    /// <summary>memory_op</summary>
    public const int MemoryOp = 12;

    /// <summary>multicall</summary>
    public const int Multicall = 13;

    /// <summary>update_va_mapping</summary>
    public const int UpdateVaMapping = 14;

    /// <summary>set_timer_op</summary>
    public const int SetTimerOp = 15;

    /// <summary>event_channel_op_compat</summary>
    public const int EventChannelOpCompat = 16;

    /// <summary>xen_version</summary>
    public const int XenVersion = 17;

    /// <summary>console_io</summary>
    public const int ConsoleIo = 18;

    /// <summary>physdev_op_compat</summary>
    public const int PhysdevOpCompat = 19;

    /// <summary>grant_table_op</summary>
    public const int GrantTableOp = 20;

    /// <summary>vm_assist</summary>
    public const int VmAssist = 21;

    /// <summary>update_va_mapping_otherdomain</summary>
    public const int UpdateVaMappingOtherDomain = 22;

    /// <summary>iret</summary>
    public const int Iret = 23;

    /// <summary>vcpu_op</summary>
    public const int VcpuOp = 24;

    /// <summary>set_segment_base</summary>
    public const int SetSegmentBase = 25;

    /// <summary>mmuext_op</summary>
    public const int MmuExtOp = 26;

    /// <summary>xsm_op</summary>
    public const int XsmOp = 27;

    /// <summary>nmi_op</summary>
    public const int NmiOp = 28;

    /// <summary>sched_op</summary>
    public const int SchedOp = 29;

    /// <summary>callback_op</summary>
    public const int CallbackOp = 30;

    /// <summary>xenoprof_op, gone since Xen 4.17.</summary>
    public const int XenoprofOp = 31;

    /// <summary>event_channel_op</summary>
    public const int EventChannelOp = 32;

    /// <summary>physdev_op</summary>
    public const int PhysdevOp = 33;

    /// <summary>hvm_op</summary>
    public const int HvmOp = 34;

    /// <summary>sysctl</summary>
    public const int Sysctl = 35;

    /// <summary>domctl</summary>
    public const int Domctl = 36;

    /// <summary>kexec_op</summary>
    public const int KexecOp = 37;

    /// <summary>tmem_op, gone since Xen 4.13.</summary>
    public const int TmemOp = 38;

    /// <summary>argo_op</summary>
    public const int ArgoOp = 39;

    /// <summary>xenpmu_op</summary>
    public const int XenpmuOp = 40;

    /// <summary>dm_op</summary>
    public const int DmOp = 41;

    /// <summary>hypfs_op</summary>
    public const int HypfsOp = 42;

    /// <summary>mca, the first architecture-specific number.</summary>
    public const int Mca = 48;

    /// <summary>paging_domctl_cont</summary>
    public const int PagingDomctlCont = 49;

    /// <summary>Numbers from here on do not exist: entries in Xen's table.</summary>
    public const int Limit = 64;
}
