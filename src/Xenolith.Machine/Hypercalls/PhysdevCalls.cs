using Xenolith.Abi;

namespace Xenolith.Machine.Hypercalls;

/// <summary>
/// physdev_op (public/physdev.h) as a domU without devices sees it: its I/O privilege level and bitmap, and refusals. There are no physical interrupts.
/// </summary>
internal static class PhysdevCalls
{
    private const int IrqUnmaskNotify = 4, IrqStatusQuery = 5, SetIopl = 6, SetIoBitmap = 7, EndOfInterrupt = 12, EoiFrameV1 = 17, MapPirq = 13, UnmapPirq = 14,
        SetupGsi = 21, GetFreePirq = 23, EoiFrameV2 = 28, Last = 31;

    public static long PhysdevOp(Vcpu vcpu, in HypercallArguments arguments) => Dispatch(vcpu, (int)arguments.First, arguments.Second);

    /// <summary>The older form: { uint32 cmd; structure }.</summary>
    public static long PhysdevOpCompat(Vcpu vcpu, in HypercallArguments arguments)
    {
        if (!vcpu.TryReadGuest<uint>(arguments.First, out var command))
        {
            return -XenErrno.EFAULT;
        }

        return command is >= IrqUnmaskNotify and <= EndOfInterrupt ? Dispatch(vcpu, (int)command, arguments.First + 8) : -XenErrno.ENOSYS;
    }

    private static long Dispatch(Vcpu vcpu, int command, ulong address)
    {
        switch (command)
        {
            case IrqUnmaskNotify:
                return 0;
            case SetIopl:
                return ChangeIopl(vcpu, address);
            case SetIoBitmap:
                return vcpu.TryReadGuest<uint>(address + 8, out var ports) ? ports > 65536 ? -XenErrno.EINVAL : 0 : -XenErrno.EFAULT;
            case EoiFrameV1 or EoiFrameV2:
                return RegisterEoiFrame(vcpu, address);
            case IrqStatusQuery or EndOfInterrupt or UnmapPirq:
                return vcpu.TryReadGuest<uint>(address, out _) ? -XenErrno.EINVAL : -XenErrno.EFAULT;
            case GetFreePirq:
                return vcpu.TryReadGuest<uint>(address, out _) ? -XenErrno.ENOSPC : -XenErrno.EFAULT;
            case MapPirq or SetupGsi:
            case >= 8 and <= Last and not (11 or 18 or 22):
                return vcpu.TryReadGuest<uint>(address, out _) ? -XenErrno.EPERM : -XenErrno.EFAULT;
            default:
                return -XenErrno.ENOSYS;
        }
    }

    private static long ChangeIopl(Vcpu vcpu, ulong address)
    {
        if (!vcpu.TryReadGuest<uint>(address, out var level))
        {
            return -XenErrno.EFAULT;
        }

        if (level > 3)
        {
            return -XenErrno.EINVAL;
        }

        vcpu.Iopl = (int)level;
        return 0;
    }

    /// <summary>A page of "needs EOI" bits, one a physical interrupt: taken, once, and never written, since there are none.</summary>
    private static long RegisterEoiFrame(Vcpu vcpu, ulong address)
    {
        if (!vcpu.TryReadGuest<ulong>(address, out var mfn))
        {
            return -XenErrno.EFAULT;
        }

        if (!vcpu.Domain.TryHoldPage(mfn, writable: true, out _))
        {
            return -XenErrno.EINVAL;
        }

        if (vcpu.Domain.TryTakeEoiFrame())
        {
            return 0;
        }

        vcpu.Domain.LetGoPage(mfn, writable: true);
        return -XenErrno.EBUSY;
    }
}
