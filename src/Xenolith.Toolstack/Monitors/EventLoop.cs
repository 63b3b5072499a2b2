using System.Runtime.InteropServices;
using Xenolith.Host;

namespace Xenolith.Toolstack.Monitors;

/// <summary>
/// A monitor's only thread: descriptors with what to do when they are ready, and timers. One thread means no locks, no pool threads and no
/// memory for them, and children that may rely on it (PR_SET_PDEATHSIG follows the thread that spawned them).
/// <para>Thread ownership: one thread.</para>
/// </summary>
internal sealed class EventLoop
{
    private readonly List<Source> _sources = [];
    private readonly PriorityQueue<Timer, long> _timers = new();
    private PollEntry[] _entries = new PollEntry[16];
    private long _turns;

    /// <summary>Adds a descriptor.</summary>
    /// <param name="descriptor">Stays its owner's; remove the source before closing it.</param>
    /// <param name="wanted">What to wait for; change it with <see cref="Source.Wanted"/>.</param>
    /// <param name="ready">Called with what happened.</param>
    public Source Add(SafeHandle descriptor, PollEvents wanted, Action<PollEvents> ready)
    {
        var source = new Source(this, descriptor, wanted, ready);
        _sources.Add(source);
        return source;
    }

    /// <summary>Calls something once after a time.</summary>
    public Timer After(int milliseconds, Action due)
    {
        var timer = new Timer(due);
        _timers.Enqueue(timer, Environment.TickCount64 + milliseconds);
        return timer;
    }

    /// <summary>Turns until a condition holds; false after the timeout.</summary>
    public bool RunUntil(Func<bool> condition, int milliseconds)
    {
        var deadline = Environment.TickCount64 + milliseconds;
        while (!condition())
        {
            var left = deadline - Environment.TickCount64;
            if (left <= 0)
            {
                return false;
            }

            Turn((int)left);
        }

        return true;
    }

    /// <summary>Waits for one batch of events, at most the given time, and handles it. What it calls may turn the loop itself.</summary>
    public void Turn(int milliseconds)
    {
        var turn = ++_turns;
        var count = 0;
        if (_entries.Length < _sources.Count)
        {
            Array.Resize(ref _entries, _sources.Count * 2);
        }

        var watched = _sources.ToArray();
        foreach (var source in watched)
        {
            // A source that wants nothing is left out, or its hang-up would wake us without end.
            _entries[count++] = new() { Descriptor = source.Wanted == PollEvents.None ? -1 : source.Number, Wanted = source.Wanted };
        }

        Poller.Wait(_entries.AsSpan(0, count), TimeToWait(milliseconds));
        // After a turn inside a handler, what was seen before it is stale: a descriptor may have been read empty meanwhile.
        for (var i = 0; i < count && turn == _turns; i++)
        {
            if (_entries[i].Happened != PollEvents.None && !watched[i].Removed)
            {
                watched[i].Ready(_entries[i].Happened);
            }
        }

        while (_timers.TryPeek(out var timer, out var due) && (timer.Cancelled || due <= Environment.TickCount64))
        {
            _timers.Dequeue();
            if (!timer.Cancelled)
            {
                timer.Due();
            }
        }
    }

    private int TimeToWait(int milliseconds)
    {
        while (_timers.TryPeek(out var timer, out var due))
        {
            if (timer.Cancelled)
            {
                _timers.Dequeue();
                continue;
            }

            var left = (int)Math.Clamp(due - Environment.TickCount64, 0, int.MaxValue);
            return milliseconds < 0 ? left : Math.Min(left, milliseconds);
        }

        return milliseconds;
    }

    /// <summary>A descriptor in the loop.</summary>
    internal sealed class Source(EventLoop loop, SafeHandle descriptor, PollEvents wanted, Action<PollEvents> ready)
    {
        /// <summary>What to wait for; nothing leaves the descriptor out.</summary>
        public PollEvents Wanted { get; set; } = wanted;

        /// <summary>It is out of the loop.</summary>
        public bool Removed { get; private set; }

        /// <summary>The descriptor's number.</summary>
        public int Number => Descriptors.Number(descriptor);

        /// <summary>What to do.</summary>
        public Action<PollEvents> Ready { get; } = ready;

        /// <summary>Takes it out of the loop.</summary>
        public void Remove()
        {
            Removed = true;
            loop._sources.Remove(this);
        }
    }

    /// <summary>A pending call.</summary>
    internal sealed class Timer(Action due)
    {
        /// <summary>Forget it.</summary>
        public bool Cancelled { get; set; }

        /// <summary>What to do.</summary>
        public Action Due { get; } = due;
    }
}
