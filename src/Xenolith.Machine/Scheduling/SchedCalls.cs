using System.Runtime.InteropServices;
using Xenolith.Abi;
using Xenolith.Machine.Hypercalls;

namespace Xenolith.Machine.Scheduling;

/// <summary>sched_op (public/sched.h) and its predecessor.</summary>
internal static class SchedCalls
{
    private const int Yield = 0, Block = 1, Shutdown = 2, Poll = 3, RemoteShutdown = 4, ShutdownCode = 5, Watchdog = 6, PinOverride = 7;

    /// <summary>Ports that one poll may name.</summary>
    private const int PollLimit = 128;

    public static long SchedOp(Vcpu vcpu, in HypercallArguments arguments)
    {
        var argument = arguments.Second;
        switch ((int)arguments.First)
        {
            case Yield:
                Thread.Yield();
                vcpu.RenewTimeInfo();
                return 0;
            case Block:
                return BlockUntilEvent(vcpu);
            case Shutdown:
                if (!vcpu.TryReadGuest<uint>(argument, out var reason))
                {
                    return -XenErrno.EFAULT;
                }

                vcpu.Domain.BeginShutdown((ShutdownReason)(byte)reason);
                return 0;
            case ShutdownCode:
                if (!vcpu.TryReadGuest<uint>(argument, out var code))
                {
                    return -XenErrno.EFAULT;
                }

                vcpu.Domain.PresetShutdownReason((ShutdownReason)(byte)code);
                return 0;
            case Poll:
                return PollPorts(vcpu, argument);
            case Watchdog:
                return vcpu.TryReadGuest<ulong>(argument, out var watchdog)
                    ? vcpu.Domain.SetWatchdog((uint)watchdog, (uint)(watchdog >> 32))
                    : -XenErrno.EFAULT;
            case RemoteShutdown:
                return vcpu.TryReadGuest<uint>(argument, out var other)
                    ? (ushort)other == vcpu.Domain.Id ? -XenErrno.EPERM : -XenErrno.ESRCH
                    : -XenErrno.EFAULT;
            case PinOverride:
                return -XenErrno.EPERM;
            default:
                return -XenErrno.ENOSYS;
        }
    }

    public static long SchedOpCompat(Vcpu vcpu, in HypercallArguments arguments)
    {
        switch ((int)arguments.First)
        {
            case Yield or Block:
                return SchedOp(vcpu, in arguments);
            case Shutdown:
                vcpu.Domain.BeginShutdown((ShutdownReason)(byte)arguments.Second);
                return 0;
            default:
                return -XenErrno.ENOSYS;
        }
    }

    private static long BlockUntilEvent(Vcpu vcpu)
    {
        // The result must be in RAX before the vCPU sleeps: a saved image or a debugger finds it as it will go on.
        vcpu.UpcallMask = false;
        vcpu.Block(long.MaxValue, []);
        return 0;
    }

    private static long PollPorts(Vcpu vcpu, ulong address)
    {
        if (!vcpu.TryReadGuest<PollRequest>(address, out var request))
        {
            return -XenErrno.EFAULT;
        }

        if (request.Count > PollLimit)
        {
            return -XenErrno.EINVAL;
        }

        Span<uint> ports = stackalloc uint[(int)request.Count];
        if (!vcpu.TryReadGuest(request.Ports, MemoryMarshal.AsBytes(ports)))
        {
            return -XenErrno.EFAULT;
        }

        foreach (var port in ports)
        {
            if (!vcpu.Domain.Events.IsValid(port))
            {
                return -XenErrno.EINVAL;
            }
        }

        vcpu.Block(request.Timeout == 0 ? long.MaxValue : (long)request.Timeout, ports);
        return 0;
    }

    [StructLayout(LayoutKind.Sequential, Size = 24)]
    private readonly struct PollRequest
    {
        public readonly ulong Ports;
        public readonly uint Count;
        public readonly ulong Timeout;
    }
}
