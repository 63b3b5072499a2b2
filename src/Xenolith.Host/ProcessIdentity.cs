using System.Globalization;

namespace Xenolith.Host;

/// <summary>Which process a number meant when it was noted: another process that has the number by now began at another time. Good until the machine's next boot.</summary>
/// <param name="Pid">The process id.</param>
/// <param name="Began">When it began, in clock ticks since boot (field 22 of /proc/PID/stat).</param>
public readonly record struct ProcessIdentity(int Pid, long Began)
{
    /// <summary>Of a process; null if it is gone.</summary>
    public static ProcessIdentity? Of(int pid) => ThreadTimes.BeginningOf(pid) is { } began ? new(pid, began) : null;

    /// <summary>Reads what <see cref="ToString"/> wrote; false for anything else.</summary>
    public static bool TryParse(string text, out ProcessIdentity identity)
    {
        ArgumentNullException.ThrowIfNull(text);
        identity = default;
        if (text.Split(' ') is not [var left, var right]
            || !int.TryParse(left, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) || !long.TryParse(right, NumberStyles.None, CultureInfo.InvariantCulture, out var began))
        {
            return false;
        }

        identity = new(pid, began);
        return true;
    }

    /// <summary>Opens the process; null if it has ended.</summary>
    public ProcessHandle? TryOpen()
    {
        var process = ProcessHandle.TryOpen(Pid);
        if (process is not null && Of(Pid) != this)
        {
            process.Dispose();
            return null;
        }

        return process;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Pid} {Began}");
}
