using Xenolith.Abi;

namespace Xenolith.Machine.Hypercalls;

/// <summary>Finds and calls a hypercall's handler and counts it. On the calling vCPU's thread.</summary>
internal static class HypercallDispatch
{
    /// <summary>Slots of a vCPU's counter array: one a number, the last for unknown ones.</summary>
    public const int CounterSlots = HypercallNumber.Limit + 1;

    /// <summary>A hypercall made with <c>syscall</c> in the guest's kernel mode: RAX in, RAX out.</summary>
    public static void FromRegisters(Vcpu vcpu)
    {
        ref var registers = ref vcpu.Registers;
        // SYSCALL leaves RIP and RFLAGS here on a real CPU, and Xen comes back with SYSRET.
        registers.Rcx = registers.Rip;
        registers.R11 = registers.Rflags;
        (registers.Cs, registers.Ss) = (SegmentSelector.FlatCode64, SegmentSelector.FlatData);
        var arguments = new HypercallArguments(registers.Rdi, registers.Rsi, registers.Rdx, registers.R10, registers.R8);
        var result = (ulong)Call(vcpu, registers.Rax, in arguments);
        if (vcpu.TakeContinuation(out var again))
        {
            // Both instructions that make hypercalls are two bytes long.
            registers.Rip -= 2;
            (registers.Rdi, registers.Rsi, registers.Rdx, registers.R10, registers.R8) = (again.First, again.Second, again.Third, again.Fourth, again.Fifth);
            return;
        }

        registers.Rax = result;
    }

    /// <summary>One hypercall, from registers or from a multicall entry.</summary>
    public static long Call(Vcpu vcpu, ulong number, in HypercallArguments arguments)
    {
        var row = HypercallTable.Find(number);
        if (row is null)
        {
            vcpu.HypercallCounts[HypercallNumber.Limit]++;
            vcpu.Domain.Log.WriteGuestCaused($"vcpu {vcpu.Id}: unknown hypercall {number}");
            return -XenErrno.ENOSYS;
        }

        vcpu.HypercallCounts[row.Number]++;
        return row.Handler is { } handler ? handler(vcpu, in arguments) : -row.Refusal;
    }

    /// <summary>The sums over vCPUs of every hypercall that was ever made.</summary>
    public static List<KeyValuePair<string, long>> Counters(IReadOnlyList<Vcpu> vcpus)
    {
        var result = new List<KeyValuePair<string, long>>();
        for (var number = 0; number < CounterSlots; number++)
        {
            var sum = vcpus.Sum(v => v.HypercallCounts[number]);
            if (sum != 0)
            {
                result.Add(new(HypercallTable.Find((ulong)number)?.Name ?? "unknown", sum));
            }
        }

        return result;
    }
}
