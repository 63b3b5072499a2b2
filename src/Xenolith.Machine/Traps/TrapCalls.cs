using Xenolith.Abi;
using Xenolith.Machine.Hypercalls;

namespace Xenolith.Machine.Traps;

/// <summary>Hypercalls that register trap handlers and callbacks: set_trap_table, set_callbacks, callback_op, nmi_op, stack_switch.</summary>
internal static class TrapCalls
{
    public static long SetTrapTable(Vcpu vcpu, in HypercallArguments arguments)
    {
        var address = arguments.First;
        if (address == 0)
        {
            Array.Clear(vcpu.TrapTable);
            return 0;
        }

        for (; ; address += 16)
        {
            if (!vcpu.TryReadGuest<TrapInfo>(address, out var trap))
            {
                return -XenErrno.EFAULT;
            }

            if (trap.Address == 0)
            {
                return 0;
            }

            if (!Vcpu.IsCanonical(trap.Address))
            {
                return -XenErrno.EINVAL;
            }

            vcpu.TrapTable[trap.Vector] = trap;
            if (vcpu.ShouldYield)
            {
                return vcpu.Continue(new(address + 16));
            }
        }
    }

    public static long SetCallbacks(Vcpu vcpu, in HypercallArguments arguments)
    {
        Register(vcpu, CallbackType.Event, arguments.First, false);
        Register(vcpu, CallbackType.Failsafe, arguments.Second, false);
        Register(vcpu, CallbackType.Syscall, arguments.Third, false);
        return 0;
    }

    public static long CallbackOp(Vcpu vcpu, in HypercallArguments arguments)
    {
        switch ((int)arguments.First)
        {
            case 0:
                return vcpu.TryReadGuest<CallbackRegistration>(arguments.Second, out var registration)
                    ? Register(vcpu, registration.Type, registration.Address, (registration.Flags & CallbackRegistration.MaskEvents) != 0)
                    : -XenErrno.EFAULT;
            case 1:
                return vcpu.TryReadGuest<ushort>(arguments.Second, out var type) ? Unregister(vcpu, type) : -XenErrno.EFAULT;
            default:
                return -XenErrno.ENOSYS;
        }
    }

    public static long NmiOp(Vcpu vcpu, in HypercallArguments arguments)
    {
        switch ((uint)arguments.First)
        {
            case 0:
                return vcpu.TryReadGuest<ulong>(arguments.Second, out var address) ? Register(vcpu, CallbackType.Nmi, address, true) : -XenErrno.EFAULT;
            case 1:
                return Unregister(vcpu, CallbackType.Nmi);
            default:
                return -XenErrno.ENOSYS;
        }
    }

    public static long StackSwitch(Vcpu vcpu, in HypercallArguments arguments)
    {
        vcpu.KernelSs = (ushort)(arguments.First | 3);
        vcpu.KernelRsp = arguments.Second;
        return 0;
    }

    private static long Register(Vcpu vcpu, int type, ulong address, bool maskEvents)
    {
        if (!Vcpu.IsCanonical(address))
        {
            return -XenErrno.EINVAL;
        }

        var callback = new Vcpu.Callback(address, maskEvents);
        switch (type)
        {
            case CallbackType.Event:
                vcpu.EventCallback = callback;
                return 0;
            case CallbackType.Failsafe:
                vcpu.FailsafeCallback = callback;
                return 0;
            case CallbackType.Syscall:
                vcpu.SyscallCallback = callback;
                return 0;
            case CallbackType.Syscall32:
                vcpu.Syscall32Callback = callback;
                return 0;
            case CallbackType.Sysenter:
                vcpu.SysenterCallback = callback;
                return 0;
            case CallbackType.Nmi:
                // NMI handlers always start with events masked.
                vcpu.TrapTable[Exceptions.Nmi] = new TrapInfo { Vector = Exceptions.Nmi, Flags = 4, CodeSelector = SegmentSelector.FlatCode64, Address = address };
                return 0;
            default:
                return -XenErrno.ENOSYS;
        }
    }

    private static long Unregister(Vcpu vcpu, int type)
    {
        switch (type)
        {
            case CallbackType.Event or CallbackType.Failsafe or CallbackType.Syscall or CallbackType.Syscall32 or CallbackType.Sysenter:
                return -XenErrno.EINVAL;
            case CallbackType.Nmi:
                vcpu.TrapTable[Exceptions.Nmi] = default;
                return 0;
            default:
                return -XenErrno.ENOSYS;
        }
    }
}
