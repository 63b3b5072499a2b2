using System.Diagnostics;

namespace Xenolith.Machine.Traps;

/// <summary>
/// Breaks a chain of event upcalls that leaves the interrupted code no instruction of its own: a handler that sends its vCPU another event
/// each time it runs. Linux with PREEMPT_RT does so for as long as a task owes RCU a quiescent state, which only that task can report
/// (rcu_read_unlock in the upcall raises irq_work); on hardware the interrupt's latency lets it through.
/// <para>Thread ownership: the vCPU's thread.</para>
/// </summary>
internal struct UpcallBrake
{
    /// <summary>Upcalls at the same place that pass before one is held back until the vCPU's next exit.</summary>
    private const int Patience = 64;

    /// <summary>Upcalls further apart than this are no chain: whatever waits at one place (an idle loop) is interrupted there again and again.</summary>
    private static readonly long Apart = Stopwatch.Frequency / 20_000;

    private ulong _rip;
    private ulong _rsp;
    private long _last;
    private int _repeats;

    /// <summary>True if the event that is due is to wait for the next exit.</summary>
    /// <param name="rip">Where the guest would be interrupted.</param>
    /// <param name="rsp">Its stack there.</param>
    public bool Holds(ulong rip, ulong rsp)
    {
        if (rip != _rip || rsp != _rsp)
        {
            (_rip, _rsp, _repeats) = (rip, rsp, 0);
            return false;
        }

        var before = _last;
        _last = Stopwatch.GetTimestamp();
        if (_last - before > Apart)
        {
            _repeats = 0;
            return false;
        }

        if (++_repeats < Patience)
        {
            return false;
        }

        _repeats = 0;
        return true;
    }
}
