using Xenolith.Abi;

namespace Xenolith.Machine.Hypercalls;

/// <summary>
/// multicall: a list of { op, result, args[6] }. Each result is written back at once; a fault on an entry ends the list with -EFAULT; a nested
/// multicall is -EINVAL; iret ends the list. A call that wants to run again is rewritten in its entry, and the rest of the list follows later.
/// </summary>
internal static class Multicall
{
    private const int EntrySize = 64, ResultOffset = 8, ArgumentsOffset = 16;

    public static long Call(Vcpu vcpu, in HypercallArguments arguments)
    {
        var (list, count) = (arguments.First, arguments.Second);
        if (vcpu.InMulticall)
        {
            return -XenErrno.EINVAL;
        }

        vcpu.InMulticall = true;
        try
        {
            return Run(vcpu, list, count);
        }
        finally
        {
            vcpu.InMulticall = false;
        }
    }

    private static long Run(Vcpu vcpu, ulong list, ulong count)
    {
        for (ulong i = 0; i < count; i++)
        {
            if (i != 0 && vcpu.ShouldYield)
            {
                return vcpu.Continue(new(list + (i * EntrySize), count - i));
            }

            var entry = list + (i * EntrySize);
            if (!vcpu.TryReadGuest<Entry>(entry, out var call))
            {
                return -XenErrno.EFAULT;
            }

            var result = HypercallDispatch.Call(vcpu, call.Operation, new(call.First, call.Second, call.Third, call.Fourth, call.Fifth));
            if (vcpu.TakeContinuation(out var again))
            {
                return vcpu.TryWriteGuest(entry + ArgumentsOffset, in again) ? vcpu.Continue(new(entry, count - i)) : -XenErrno.EFAULT;
            }

            if (call.Operation == HypercallNumber.Iret)
            {
                return result;
            }

            if (!vcpu.TryWriteGuest(entry + ResultOffset, in result))
            {
                return -XenErrno.EFAULT;
            }
        }

        return 0;
    }

    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Sequential, Size = EntrySize)]
    private readonly struct Entry
    {
        public readonly ulong Operation, Result, First, Second, Third, Fourth, Fifth, Sixth;
    }
}
