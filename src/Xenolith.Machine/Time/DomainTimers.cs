using Xenolith.Host;

namespace Xenolith.Machine.Time;

/// <summary>
/// A domain's timers: one heap and one thread that waits for the earliest. Setting a timer makes no system call unless it becomes the earliest
/// (design 4.2 rule 15), and then it wakes no thread: the kernel is told the new time. Expired timers are called on the thread with no lock held.
/// <para>Any thread. Lock: its own, a leaf.</para>
/// </summary>
public sealed class DomainTimers : IDisposable
{
    private readonly Lock _lock = new();
    private readonly DeadlineHeap _heap = new();
    private readonly TimerDescriptor _alarm = new();
    private readonly SystemTime _time;
    private Thread? _thread;

    /// <summary>What the alarm is set to; <see cref="long.MinValue"/> while the thread is awake, and will set it before it waits.</summary>
    private long _alarmTime = long.MaxValue;

    private bool _ending;

    internal DomainTimers(SystemTime time) => _time = time;

    /// <summary>Sets or moves a timer; a time that has passed expires at once, on the timer thread.</summary>
    public void Set(Deadline deadline, long systemTime)
    {
        lock (_lock)
        {
            if (_ending)
            {
                return;
            }

            _heap.Set(deadline, systemTime);
            if (_heap.Earliest < _alarmTime)
            {
                SetAlarm();
            }

            if (_thread is null)
            {
                _thread = new Thread(Run, 256 << 10) { Name = "timers", IsBackground = true };
                _thread.Start();
            }
        }
    }

    /// <summary>Stops a timer. Its action may still be running, or about to, when this returns.</summary>
    public void Stop(Deadline deadline) => Withdraw(deadline);

    /// <summary>Stops a timer and says what time it was set to; <see cref="long.MaxValue"/> if it was not, or is expiring.</summary>
    public long Withdraw(Deadline deadline)
    {
        lock (_lock)
        {
            if (deadline.Index < 0)
            {
                return long.MaxValue;
            }

            _heap.Remove(deadline);
            if (!_ending && deadline.Time == _alarmTime && _heap.Earliest != _alarmTime)
            {
                SetAlarm();
            }

            return deadline.Time;
        }
    }

    /// <summary>Ends the thread.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _ending = true;
            _alarm.Set(0);
        }

        _thread?.Join();
        _alarm.Dispose();
    }

    private void SetAlarm()
    {
        _alarmTime = _heap.Earliest;
        _alarm.Set(_time.ToHostDeadline(_alarmTime));
    }

    private void Run()
    {
        while (TakeExpired(out var expired))
        {
            if (expired is null)
            {
                _alarm.Wait();
            }
            else
            {
                expired.Expired();
            }
        }
    }

    /// <summary>Takes a timer whose time has come; if there is none, sets the alarm to wait for. False at the end.</summary>
    private bool TakeExpired(out Deadline? expired)
    {
        lock (_lock)
        {
            expired = _ending ? null : _heap.TakeExpired(_time.Now());
            if (expired is not null)
            {
                _alarmTime = long.MinValue;
            }
            else if (!_ending)
            {
                SetAlarm();
            }

            return !_ending;
        }
    }
}
