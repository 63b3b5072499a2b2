using Xenolith.Host;
using Xenolith.Machine.Scheduling;

namespace Xenolith.Machine;

/// <summary>
/// Steal time: while a vCPU is "running" the host may run something else. The difference between wall and CPU time of its thread is booked as runnable,
/// at most every <see cref="StealInterval"/>: when the vCPU stops running, and at timer ticks while it does not. On the vCPU's thread.
/// </summary>
public sealed partial class Vcpu
{
    private const long StealInterval = 4_000_000;
    private long _runningSince, _cpuThen;
    private bool _sampled;

    /// <summary>Asks the vCPU to look at its clock at the next exit. Any thread; the timer's.</summary>
    private void AskForSteal()
    {
        if (Runstate == Runstate.Running && Domain.Time.Now() - Volatile.Read(ref _runningSince) >= StealInterval)
        {
            Volatile.Write(ref _attention, 1);
        }
    }

    /// <summary>Books what was stolen up to now.</summary>
    private void BookSteal()
    {
        if (Domain.Time.Now() - _runningSince >= StealInterval)
        {
            ChangeRunstate(Runstate.Running);
        }
    }

    /// <summary>ns in which the thread wanted the processor and did not have it, since the last look. 0 if that was too short ago
    /// to be worth a system call, or there was none since it began to run.</summary>
    private ulong StolenSince(long now, bool stops)
    {
        if (_sampled ? now - _runningSince < StealInterval : stops)
        {
            _sampled &= !stops;
            return 0;
        }

        var cpu = ThreadClock.Now();
        var stolen = _sampled ? now - _runningSince - (cpu - _cpuThen) : 0;
        (_runningSince, _cpuThen, _sampled) = (now, cpu, !stops);
        return (ulong)Math.Max(stolen, 0);
    }
}
