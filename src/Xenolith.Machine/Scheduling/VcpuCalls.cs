using System.Runtime.InteropServices;
using Xenolith.Abi;
using Xenolith.Engine;
using Xenolith.Machine.Hypercalls;

namespace Xenolith.Machine.Scheduling;

/// <summary>vcpu_op (public/vcpu.h) and set_timer_op.</summary>
internal static class VcpuCalls
{
    private const long FarFuture = 1L << 50, Workaround = 100_000_000;

    public static long VcpuOp(Vcpu caller, in HypercallArguments arguments)
    {
        if (caller.Domain.FindVcpu((uint)arguments.Second) is not { } vcpu)
        {
            return -XenErrno.ENOENT;
        }

        var address = arguments.Third;
        switch ((int)arguments.First)
        {
            case 0:
                return Initialise(caller, vcpu, address);
            case 1:
                return vcpu.BringUp() ? 0 : -XenErrno.EINVAL;
            case 2:
                return Down(vcpu);
            case 3:
                return vcpu.IsDown ? 0 : 1;
            case 4:
                return caller.TryWriteGuest(address, vcpu.RunstateNow()) ? 0 : -XenErrno.EFAULT;
            case 5:
                return RegisterRunstate(caller, vcpu, address);
            case 6:
                return caller.TryReadGuest<ulong>(address, out var period) ? -vcpu.SetPeriodic(period) : -XenErrno.EFAULT;
            case 7:
                vcpu.StopPeriodic();
                return 0;
            case 8:
                return caller == vcpu ? SetSingleShot(vcpu, address) : -XenErrno.EINVAL;
            case 9 when caller != vcpu:
                return -XenErrno.EINVAL;
            case 9:
                vcpu.StopSingleShot();
                return 0;
            case 10:
                return RegisterInfo(caller, vcpu, address);
            case 11 when address != 0:
                return -XenErrno.EINVAL;
            case 11:
                vcpu.RaiseNmi();
                return 0;
            case 12: // get_physid: only for a Domain-0 with pinned vCPUs
                return -XenErrno.EINVAL;
            case 13:
                return RegisterTime(caller, vcpu, address);
            default:
                return -XenErrno.ENOSYS;
        }
    }

    /// <summary>0 stops; a negative or very far time becomes 100 ms, which old guests rely on.</summary>
    public static long SetTimerOp(Vcpu vcpu, in HypercallArguments arguments)
    {
        var time = (long)arguments.First;
        if (time == 0)
        {
            vcpu.StopSingleShot();
            return 0;
        }

        var now = vcpu.Domain.Time.Now();
        vcpu.SetSingleShot(time < 0 || time - now >= FarFuture ? now + Workaround : time);
        return 0;
    }

    private static long Initialise(Vcpu caller, Vcpu vcpu, ulong address)
    {
        if (vcpu.HasHiddenInfo)
        {
            return -XenErrno.EINVAL;
        }

        var context = new byte[VcpuGuestContextLayout.Size];
        if (!caller.TryReadGuest(address, context))
        {
            return -XenErrno.EFAULT;
        }

        lock (vcpu.InitialiseLock)
        {
            return vcpu.IsInitialised ? -XenErrno.EEXIST : -VcpuContext.Load(vcpu, context);
        }
    }

    private static long Down(Vcpu vcpu)
    {
        foreach (var other in vcpu.Domain.Vcpus)
        {
            if (other != vcpu && !other.IsDown)
            {
                vcpu.TakeDown();
                return 0;
            }
        }

        vcpu.Domain.BeginShutdown(ShutdownReason.Poweroff);
        return 0;
    }

    private static long RegisterRunstate(Vcpu caller, Vcpu vcpu, ulong address)
    {
        if (!caller.TryReadGuest<ulong>(address, out var area) || !AddressSpace.IsGuestAddress(area))
        {
            return -XenErrno.EFAULT;
        }

        vcpu.RegisterRunstateArea(area);
        caller.TryWriteGuest(area, vcpu.RunstateNow());
        return 0;
    }

    private static long RegisterTime(Vcpu caller, Vcpu vcpu, ulong address)
    {
        if (!caller.TryReadGuest<ulong>(address, out var area) || !AddressSpace.IsGuestAddress(area))
        {
            return -XenErrno.EFAULT;
        }

        // The line of time never changes, so one writing serves for good. A structure over a page's edge is refused: Linux aligns it.
        if ((area & 0xfff) > MachineFrames.PageSize - 32 || (area & 7) != 0 || !caller.TryTranslate(area, WalkAccess.Write, out var host, out _))
        {
            return -XenErrno.EFAULT;
        }

        vcpu.WriteTimeInfo(host);
        return 0;
    }

    private static long RegisterInfo(Vcpu caller, Vcpu vcpu, ulong address)
    {
        if (!caller.TryReadGuest<InfoPlace>(address, out var place))
        {
            return -XenErrno.EFAULT;
        }

        if (place.Offset > MachineFrames.PageSize - VcpuInfoLayout.Size || (place.Offset & 7) != 0
            || (caller != vcpu && !vcpu.IsDown) || !vcpu.Domain.TryHoldPage(place.Mfn, writable: true, out var page))
        {
            return -XenErrno.EINVAL;
        }

        if (vcpu.TryMoveInfo(page + (nint)place.Offset))
        {
            return 0;
        }

        vcpu.Domain.LetGoPage(place.Mfn, writable: true);
        return -XenErrno.EINVAL;
    }

    private static long SetSingleShot(Vcpu vcpu, ulong address)
    {
        if (!vcpu.TryReadGuest<SingleShot>(address, out var request))
        {
            return -XenErrno.EFAULT;
        }

        if ((request.Flags & SingleShot.MustBeFuture) != 0 && (long)request.Time < vcpu.Domain.Time.Now())
        {
            return -XenErrno.ETIME;
        }

        vcpu.SetSingleShot((long)request.Time);
        return 0;
    }

    [StructLayout(LayoutKind.Sequential, Size = 16)]
    private readonly struct SingleShot
    {
        /// <summary>VCPU_SSHOTTMR_future.</summary>
        public const uint MustBeFuture = 1;

        public readonly ulong Time;
        public readonly uint Flags;
    }

    [StructLayout(LayoutKind.Sequential, Size = 16)]
    private readonly struct InfoPlace
    {
        public readonly ulong Mfn;
        public readonly uint Offset;
    }
}
