using System.Diagnostics;

namespace Xenolith.Machine.Time;

/// <summary>
/// A domain's system time: ns since the host's start, as Xen counts since its own. It is the host's CLOCK_MONOTONIC, so deadlines need no translation
/// before a sleep. Any thread.
/// </summary>
public sealed class SystemTime
{
    /// <summary>System time now, in ns.</summary>
    public long Now() => Stopwatch.GetTimestamp();

    /// <summary>A system time as the host's sleeping calls want it.</summary>
    public long ToHostDeadline(long systemTime) => systemTime;
}
