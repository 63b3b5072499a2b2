namespace Xenolith.Machine.Time;

/// <summary>One timer: a time and what to do then. Belongs to one <see cref="DeadlineHeap"/>; all fields are under its lock.</summary>
public sealed class Deadline(Action expired)
{
    /// <summary>Place in the heap; -1 while not set.</summary>
    internal int Index { get; set; } = -1;

    /// <summary>System time, in ns.</summary>
    internal long Time { get; set; }

    /// <summary>Called on the timer thread, with no lock held; quick.</summary>
    internal Action Expired { get; } = expired;
}
