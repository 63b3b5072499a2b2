using System.Runtime.InteropServices;

namespace Xenolith.Host;

/// <summary>CPU time of the calling thread.</summary>
public static partial class ThreadClock
{
    private const int ThreadCpuTime = 3;

    /// <summary>CPU time in ns, user and system.</summary>
    public static long Now()
    {
        _ = GetTime(ThreadCpuTime, out var time);
        return (time.Seconds * 1_000_000_000) + time.Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out Timespec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        public long Seconds, Nanoseconds;
    }
}
