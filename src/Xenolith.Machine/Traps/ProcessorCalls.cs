using Xenolith.Abi;
using Xenolith.Machine.Hypercalls;

namespace Xenolith.Machine.Traps;

/// <summary>Hypercalls on processor state: set_segment_base, fpu_taskswitch, set_debugreg, get_debugreg.</summary>
internal static class ProcessorCalls
{
    public static long FpuTaskSwitch(Vcpu vcpu, in HypercallArguments arguments)
    {
        vcpu.Registers.TaskSwitched = (int)arguments.First != 0 ? (byte)1 : (byte)0;
        return 0;
    }

    public static long SetSegmentBase(Vcpu vcpu, in HypercallArguments arguments)
    {
        var value = arguments.Second;
        switch ((uint)arguments.First)
        {
            case 0 or 1 or 2 when !Vcpu.IsCanonical(value):
                return -XenErrno.EINVAL;
            case 0:
                vcpu.Registers.FsBase = value;
                return 0;
            case 1:
                vcpu.OtherGsBase = value;
                return 0;
            case 2:
                vcpu.Registers.GsBase = value;
                return 0;
            case 3:
                return LoadUserGs(vcpu, (ushort)value);
            default:
                return -XenErrno.EINVAL;
        }
    }

    public static long SetDebugReg(Vcpu vcpu, in HypercallArguments arguments)
        => vcpu.TryWriteDebugRegister((int)arguments.First, arguments.Second, out var error) ? 0 : -error;

    public static long GetDebugReg(Vcpu vcpu, in HypercallArguments arguments)
        => vcpu.TryReadDebugRegister((int)arguments.First, out var value) ? (long)value : -XenErrno.EINVAL;

    /// <summary>SEGBASE_GS_USER_SEL: the selector that user mode will find, with its base. One that cannot be loaded becomes null, as on Xen.</summary>
    private static long LoadUserGs(Vcpu vcpu, ushort selector)
    {
        if (SegmentLoads.CheckData(vcpu, selector, out var segmentBase) is not null)
        {
            selector = 0;
            segmentBase = 0;
        }

        vcpu.Registers.Gs = selector;
        vcpu.OtherGsBase = segmentBase;
        return 0;
    }
}
