using Xenolith.Abi;
using Xenolith.Machine.Events;
using Xenolith.Machine.Grants;
using Xenolith.Machine.Mmu;
using Xenolith.Machine.Scheduling;
using Xenolith.Machine.Traps;
using Xenolith.Machine.Version;
using static Xenolith.Abi.HypercallNumber;
using static Xenolith.Abi.XenErrno;

namespace Xenolith.Machine.Hypercalls;

/// <summary>
/// Every hypercall by number, as Xen 4.17 answers them to an unprivileged PV domain. Numbers without a row are -ENOSYS, and counted.
/// </summary>
public static class HypercallTable
{
    private static readonly HypercallRow[] All =
    [
        new(SetTrapTable, "set_trap_table", TrapCalls.SetTrapTable),
        new(StackSwitch, "stack_switch", TrapCalls.StackSwitch),
        new(SetCallbacks, "set_callbacks", TrapCalls.SetCallbacks),
        new(FpuTaskSwitch, "fpu_taskswitch", ProcessorCalls.FpuTaskSwitch),
        new(SchedOpCompat, "sched_op_compat", SchedCalls.SchedOpCompat),
        new(SetDebugReg, "set_debugreg", ProcessorCalls.SetDebugReg),
        new(GetDebugReg, "get_debugreg", ProcessorCalls.GetDebugReg),
        new(HypercallNumber.Multicall, "multicall", Hypercalls.Multicall.Call),
        new(SetTimerOp, "set_timer_op", VcpuCalls.SetTimerOp),
        new(GrantTableOp, "grant_table_op", GrantCalls.GrantTableOp),
        new(PhysdevOp, "physdev_op", PhysdevCalls.PhysdevOp),
        new(PhysdevOpCompat, "physdev_op_compat", PhysdevCalls.PhysdevOpCompat),
        new(VcpuOp, "vcpu_op", VcpuCalls.VcpuOp),
        new(EventChannelOpCompat, "event_channel_op_compat", EventChannelCalls.EventChannelOpCompat),
        new(XenVersion, "xen_version", VersionCalls.XenVersion),
        new(HypercallNumber.ConsoleIo, "console_io", Hypercalls.ConsoleIo.Call),
        new(HypercallNumber.MmuUpdate, "mmu_update", MmuUpdateCall.Handle),
        new(UpdateVaMapping, "update_va_mapping", VaMappingCalls.Update),
        new(UpdateVaMappingOtherDomain, "update_va_mapping_otherdomain", VaMappingCalls.UpdateOtherDomain),
        new(MmuExtOp, "mmuext_op", MmuextOpCall.Handle),
        new(HypercallNumber.MemoryOp, "memory_op", MemoryOpCall.Handle),
        new(SetGdt, "set_gdt", DescriptorCalls.SetGdt),
        new(UpdateDescriptor, "update_descriptor", DescriptorCalls.Update),
        new(VmAssist, "vm_assist", Domain.VmAssist),
        new(HypercallNumber.Iret, "iret", Traps.Iret.Call),
        new(SetSegmentBase, "set_segment_base", ProcessorCalls.SetSegmentBase),
        new(NmiOp, "nmi_op", TrapCalls.NmiOp),
        new(SchedOp, "sched_op", SchedCalls.SchedOp),
        new(CallbackOp, "callback_op", TrapCalls.CallbackOp),
        new(EventChannelOp, "event_channel_op", EventChannelCalls.EventChannelOp),
        new(PlatformOp, "platform_op", PrivilegedCalls.PlatformOp),
        new(Sysctl, "sysctl", PrivilegedCalls.Sysctl),
        new(Domctl, "domctl", PrivilegedCalls.Domctl),
        new(DmOp, "dm_op", PrivilegedCalls.DmOp),
        new(HvmOp, "hvm_op", PrivilegedCalls.HvmOp),
        HypercallRow.Refused(ArgoOp, "argo_op", EOPNOTSUPP),
        HypercallRow.Refused(XenpmuOp, "xenpmu_op", EOPNOTSUPP),
        HypercallRow.Refused(HypfsOp, "hypfs_op", EPERM),
        HypercallRow.Refused(PagingDomctlCont, "paging_domctl_cont", EPERM),
        HypercallRow.Refused(XsmOp, "xsm_op", ENOSYS),
        HypercallRow.Refused(XenoprofOp, "xenoprof_op", ENOSYS),
        HypercallRow.Refused(TmemOp, "tmem_op", ENOSYS),
        HypercallRow.Refused(KexecOp, "kexec_op", EPERM),
        HypercallRow.Refused(Mca, "mca", EPERM),
    ];

    private static readonly HypercallRow?[] ByNumber = Index(All);

    /// <summary>All rows, in no particular order.</summary>
    public static IReadOnlyList<HypercallRow> Rows => All;

    /// <summary>The row of a number, or null.</summary>
    public static HypercallRow? Find(ulong number) => number < Limit ? ByNumber[number] : null;

    private static HypercallRow?[] Index(HypercallRow[] rows)
    {
        var index = new HypercallRow?[Limit];
        foreach (var row in rows)
        {
            if (index[row.Number] is not null)
            {
                throw new InvalidOperationException($"two rows for hypercall {row.Number} ({row.Name})");
            }

            index[row.Number] = row;
        }

        return index;
    }
}
