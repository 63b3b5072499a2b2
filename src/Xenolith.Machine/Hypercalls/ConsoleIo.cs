using Xenolith.Abi;

namespace Xenolith.Machine.Hypercalls;

/// <summary>
/// console_io: the emergency console, before and beside the PV console. Writing goes to the domain's log; there is nothing to read, as for a domU
/// whose hypervisor's serial line listens to Domain-0.
/// </summary>
internal static class ConsoleIo
{
    private const int Chunk = 128;

    public static long Call(Vcpu vcpu, in HypercallArguments arguments)
    {
        var count = (uint)arguments.Second;
        switch ((uint)arguments.First)
        {
            case 0:
                return Write(vcpu, arguments.Third, count);
            case 1:
                return 0;
            default:
                return -XenErrno.ENOSYS;
        }
    }

    private static long Write(Vcpu vcpu, ulong address, uint count)
    {
        Span<byte> text = stackalloc byte[Chunk];
        while (count > 0)
        {
            var length = (int)Math.Min(count, Chunk);
            if (!vcpu.TryReadGuest(address, text[..length]))
            {
                return -XenErrno.EFAULT;
            }

            vcpu.Domain.Log.WriteGuest(text[..length]);
            address += (ulong)length;
            count -= (uint)length;
            if (count > 0 && vcpu.ShouldYield)
            {
                return vcpu.Continue(new(0, count, address));
            }
        }

        return 0;
    }
}
