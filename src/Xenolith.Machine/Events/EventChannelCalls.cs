using System.Runtime.InteropServices;
using Xenolith.Abi;
using Xenolith.Machine.Hypercalls;

namespace Xenolith.Machine.Events;

/// <summary>event_channel_op (public/event_channel.h) and its predecessor. The 32- and 64-bit layouts are the same.</summary>
internal static class EventChannelCalls
{
    public static long EventChannelOp(Vcpu vcpu, in HypercallArguments arguments) => Dispatch(vcpu, (int)arguments.First, arguments.Second);

    /// <summary>The older form: the command and its structure in one piece of memory.</summary>
    public static long EventChannelOpCompat(Vcpu vcpu, in HypercallArguments arguments)
    {
        if (!vcpu.TryReadGuest<uint>(arguments.First, out var command))
        {
            return -XenErrno.EFAULT;
        }

        return command <= 9 ? Dispatch(vcpu, (int)command, arguments.First + 4) : -XenErrno.ENOSYS;
    }

    private static long Dispatch(Vcpu vcpu, int command, ulong address)
    {
        var events = vcpu.Domain.Events;
        // The longest structure has 24 bytes; each command reads only its own.
        Span<uint> words = stackalloc uint[6];
        words.Clear();
        var size = command switch
        {
            0 or 1 or 2 => 12,
            3 or 4 or 9 => 4,
            5 => 24,
            6 or 7 or 8 or 12 or 13 => 8,
            10 => 2,
            11 => 24,
            _ => 0,
        };
        if (size == 0)
        {
            return -XenErrno.ENOSYS;
        }

        if (!vcpu.TryReadGuest(address, MemoryMarshal.AsBytes(words)[..size]))
        {
            return -XenErrno.EFAULT;
        }

        uint port;
        int error;
        switch (command)
        {
            case 0:
                error = events.BindInterdomain((ushort)words[0], words[1], out port);
                return Finish(vcpu, error, address + 8, port);
            case 1:
                error = events.BindVirq(words[0], words[1], out port);
                return Finish(vcpu, error, address + 8, port);
            case 2: // bind_pirq: a domU owns no physical interrupts
                return -XenErrno.EPERM;
            case 3:
                return -events.Close(words[0]);
            case 4:
                return -events.Send(words[0]);
            case 5:
                return Status(vcpu, events, address, words);
            case 6:
                error = events.AllocateUnboundFor((ushort)words[0], (int)(words[0] >> 16), out port);
                return Finish(vcpu, error, address + 4, port);
            case 7:
                error = events.BindIpi(words[0], out port);
                return Finish(vcpu, error, address + 4, port);
            case 8:
                return -events.BindVcpu(words[0], words[1]);
            case 9:
                return -events.Unmask(words[0]);
            case 10:
                return -events.Reset((ushort)words[0]);
            case 11:
                error = events.InitControl(words[3], words[0] | ((ulong)words[1] << 32), words[2]);
                return Finish(vcpu, error, address + 16, FifoEvents.LinkBits);
            case 12:
                return -events.ExpandArray(words[0] | ((ulong)words[1] << 32));
            default:
                return -events.SetPriority(words[0], words[1]);
        }
    }

    private static long Status(Vcpu vcpu, EventChannels events, ulong address, Span<uint> words)
    {
        if (events.Status((ushort)words[0], words[1], out var status) is var error and not 0)
        {
            return -error;
        }

        (words[2], words[3]) = (status.Status, status.Vcpu);
        words[4] = (words[4] & (status.Status is 1 or 2 ? 0xffff_0000 : 0)) | status.First;
        words[5] = status.Status == 2 ? status.Second : words[5];
        return vcpu.TryWriteGuest(address, MemoryMarshal.AsBytes(words)) ? 0 : -XenErrno.EFAULT;
    }

    /// <summary>Writes the one word that a command returns. A fault after the deed is -EFAULT and the port stays, as on Xen.</summary>
    private static long Finish(Vcpu vcpu, int error, ulong address, uint value)
        => error != 0 ? -error : vcpu.TryWriteGuest(address, in value) ? 0 : -XenErrno.EFAULT;
}
