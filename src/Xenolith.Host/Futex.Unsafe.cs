using System.Runtime.InteropServices;

namespace Xenolith.Host;

/// <summary>
/// The kernel's futex on a 32-bit word: sleep while the word has a value, until another thread changes it and wakes. Times are
/// CLOCK_MONOTONIC in ns. Any thread.
/// </summary>
public static unsafe partial class Futex
{
    private const int SysFutex = 202, WaitBitsetPrivate = 9 | 128, WakePrivate = 1 | 128;

    /// <summary>Sleeps while <paramref name="word"/> is <paramref name="expected"/>; returns on a wake-up, a signal, another value, or the deadline.</summary>
    /// <param name="word">The word; must not move (pinned or native memory).</param>
    /// <param name="expected">The value that means "go on sleeping".</param>
    /// <param name="deadline">Absolute CLOCK_MONOTONIC time in ns; <see cref="long.MaxValue"/> means none.</param>
    public static void Wait(int* word, int expected, long deadline)
    {
        // SAFETY: the kernel reads the word and the time; both live for the call.
        if (deadline == long.MaxValue)
        {
            _ = Syscall(SysFutex, word, WaitBitsetPrivate, expected, null, null, -1);
            return;
        }

        var time = new Timespec { Seconds = Math.Max(0, deadline) / 1_000_000_000, Nanoseconds = Math.Max(0, deadline) % 1_000_000_000 };
        _ = Syscall(SysFutex, word, WaitBitsetPrivate, expected, &time, null, -1);
    }

    /// <summary>Wakes up to <paramref name="count"/> sleepers of the word.</summary>
    public static void Wake(int* word, int count) => _ = Syscall(SysFutex, word, WakePrivate, count, null, null, 0);

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial long Syscall(long number, int* word, int operation, int value, Timespec* time, int* word2, int value3);

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        public long Seconds, Nanoseconds;
    }
}
