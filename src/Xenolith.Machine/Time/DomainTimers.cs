using Xenolith.Host;
using Xenolith.Machine.Scheduling;

namespace Xenolith.Machine.Time;

/// <summary>
/// A domain's timers: one heap and one thread that sleeps until the earliest. Setting a timer makes no system call unless it becomes the earliest
/// (design 4.2 rule 15). Expired timers are called on that thread with no lock held.
/// <para>Any thread. Lock: its own, a leaf.</para>
/// </summary>
public sealed class DomainTimers : IDisposable
{
    private readonly Lock _lock = new();
    private readonly DeadlineHeap _heap = new();
    private readonly WakeWord _wake = new();
    private readonly SystemTime _time;
    private Thread? _thread;
    private long _sleepsUntil = long.MaxValue;
    private volatile bool _ending;

    internal DomainTimers(SystemTime time) => _time = time;

    /// <summary>Sets or moves a timer; a time that has passed expires at once, on the timer thread.</summary>
    public void Set(Deadline deadline, long systemTime)
    {
        bool earlier;
        lock (_lock)
        {
            if (_ending)
            {
                return;
            }

            _heap.Set(deadline, systemTime);
            earlier = _heap.Earliest < _sleepsUntil;
            if (_thread is null)
            {
                _thread = new Thread(Run, 256 << 10) { Name = "timers", IsBackground = true };
                _thread.Start();
            }
        }

        if (earlier)
        {
            _wake.Wake();
        }
    }

    /// <summary>Stops a timer. Its action may still be running, or about to, when this returns.</summary>
    public void Stop(Deadline deadline)
    {
        lock (_lock)
        {
            _heap.Remove(deadline);
        }
    }

    /// <summary>The time a timer is set to; null if it is not.</summary>
    public long? TimeOf(Deadline deadline)
    {
        lock (_lock)
        {
            return deadline.Index < 0 ? null : deadline.Time;
        }
    }

    /// <summary>Ends the thread.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _ending = true;
        }

        _wake.Wake();
        _thread?.Join();
    }

    private void Run()
    {
        TimerSlack.MakeExact();
        while (true)
        {
            var ticket = _wake.Ticket;
            if (_ending)
            {
                return;
            }

            Deadline? expired;
            long earliest;
            lock (_lock)
            {
                expired = _heap.TakeExpired(_time.Now());
                earliest = _heap.Earliest;
                _sleepsUntil = expired is null ? earliest : long.MinValue;
            }

            if (expired is not null)
            {
                expired.Expired();
            }
            else
            {
                _wake.Sleep(ticket, _time.ToHostDeadline(earliest));
            }
        }
    }
}
