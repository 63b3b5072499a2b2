using Xenolith.Abi;
using Xenolith.Machine.Time;

namespace Xenolith.Machine;

/// <summary>A vCPU's two timers, both VIRQ_TIMER: single-shot (set_timer_op, VCPUOP_set_singleshot_timer) and periodic.</summary>
public sealed partial class Vcpu
{
    /// <summary>Shortest period, in ns.</summary>
    private const ulong ShortestPeriod = 1_000_000;

    /// <summary>Longest, in ns: 292 years would overflow.</summary>
    private const ulong LongestPeriod = 30UL * 24 * 3600 * 1_000_000_000;

    private Deadline? _singleShot, _periodic;
    private long _period;

    /// <summary>Sets the single-shot timer to a system time in ns.</summary>
    internal void SetSingleShot(long time) => Domain.Timers.Set(_singleShot ??= new Deadline(SingleShotExpired), time);

    /// <summary>Stops it.</summary>
    internal void StopSingleShot()
    {
        if (_singleShot is { } timer)
        {
            Domain.Timers.Stop(timer);
        }
    }

    /// <summary>
    /// Takes the single-shot timer away from the timer thread, for a vCPU that is about to sleep and can wait for it itself: one thread wakes then
    /// instead of two. <see cref="long.MaxValue"/> if it is not set.
    /// </summary>
    private long WithdrawSingleShot() => _singleShot is { } timer ? Domain.Timers.Withdraw(timer) : long.MaxValue;

    /// <summary>Starts the periodic timer. 0 or a positive error.</summary>
    internal int SetPeriodic(ulong period)
    {
        if (period is < ShortestPeriod or > LongestPeriod)
        {
            return XenErrno.EINVAL;
        }

        Volatile.Write(ref _period, (long)period);
        Domain.Timers.Set(_periodic ??= new Deadline(PeriodicExpired), Domain.Time.Now() + (long)period);
        return 0;
    }

    /// <summary>Stops it.</summary>
    internal void StopPeriodic()
    {
        Volatile.Write(ref _period, 0);
        if (_periodic is { } timer)
        {
            Domain.Timers.Stop(timer);
        }
    }

    private void SingleShotExpired()
    {
        Domain.Events.RaiseVirq(this, Virq.Timer);
        AskForSteal();
    }

    private void PeriodicExpired()
    {
        var period = Volatile.Read(ref _period);
        if (period == 0)
        {
            return;
        }

        Domain.Events.RaiseVirq(this, Virq.Timer);
        Domain.Timers.Set(_periodic!, Domain.Time.Now() + period);
    }
}
