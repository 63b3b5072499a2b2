using Xenolith.Machine.Scheduling;

namespace Xenolith.Machine;

/// <summary>
/// Waiting for events: SCHEDOP_block and SCHEDOP_poll. A waiting vCPU uses no CPU time (design 4.2 rule 15), and waits for its own timer itself, unless
/// its waits have lately been short: then handing the timer over would cost more than the other thread's wake-up.
/// </summary>
public sealed partial class Vcpu
{
    private const int SpinsBetweenLooks = 10;

    /// <summary>On a single processor polling would only keep the one that is waited for from running.</summary>
    private static readonly bool MayPoll = Environment.ProcessorCount > 1;

    private HaltPolling _polling;

    /// <summary>
    /// Sleeps until an event is due, an NMI waits, a polled port is pending, or the deadline has passed. Pausing the domain meanwhile is served
    /// without ending the wait. On the vCPU's thread.
    /// </summary>
    /// <param name="deadline">System time in ns; <see cref="long.MaxValue"/> for none.</param>
    /// <param name="polled">Ports of a poll; empty for a plain block.</param>
    internal void Block(long deadline, ReadOnlySpan<uint> polled)
    {
        _blocked = true;
        if (!polled.IsEmpty)
        {
            Domain.Events.SetPolling(Id, true);
        }

        ChangeRunstate(Runstate.Blocked);
        var began = Domain.Time.Now();
        var slept = false;
        var timer = long.MaxValue;
        while (true)
        {
            // The ticket comes before the tests: whoever makes one of them true wakes afterwards, and that voids the ticket.
            var ticket = _wake.Ticket;
            if (Volatile.Read(ref _attention) != 0)
            {
                if (!AttendWhileBlocked())
                {
                    break;
                }

                continue;
            }

            var now = Domain.Time.Now();
            if (now >= timer)
            {
                timer = long.MaxValue;
                SingleShotExpired();
                continue;
            }

            if (UpcallDue || (NmiPending && !NmiMasked) || AnyPending(polled) || now >= deadline)
            {
                _polling.Waited(now - began, slept);
                break;
            }

            if (!slept && MayPoll && now - began < _polling.Budget)
            {
                Thread.SpinWait(SpinsBetweenLooks);
                continue;
            }

            if (!slept && _polling.Budget == 0)
            {
                timer = WithdrawSingleShot();
            }

            slept = true;
            _wake.Sleep(ticket, Domain.Time.ToHostDeadline(Math.Min(deadline, timer)));
        }

        if (timer != long.MaxValue)
        {
            SetSingleShot(timer);
        }

        if (!polled.IsEmpty)
        {
            Domain.Events.SetPolling(Id, false);
        }

        _blocked = false;
        TimeInfoWoken();
        ChangeRunstate(Runstate.Running);
    }

    /// <summary>True if the wait is to go on; false (with attention still asked for) when the thread must end.</summary>
    private bool AttendWhileBlocked()
    {
        Interlocked.Exchange(ref _attention, 0);
        if (!MayRun && !Park())
        {
            Volatile.Write(ref _attention, 1);
            return false;
        }

        return true;
    }

    private bool AnyPending(ReadOnlySpan<uint> polled)
    {
        foreach (var port in polled)
        {
            if (Domain.Events.IsPending(port))
            {
                return true;
            }
        }

        return false;
    }
}
