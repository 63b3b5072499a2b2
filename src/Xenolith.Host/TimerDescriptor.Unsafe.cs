using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Xenolith.Host;

/// <summary>
/// A timerfd on CLOCK_MONOTONIC: one thread waits for it, others set it, which costs one short system call and wakes nobody before the time has come.
/// <see cref="Set"/> may be called by any thread; allocates nothing after it is made.
/// </summary>
public sealed unsafe partial class TimerDescriptor : IDisposable
{
    private const int Monotonic = 1, CloseOnExec = 0x80000, Absolute = 1;
    private const long NanosecondsPerSecond = 1_000_000_000;

    private readonly SafeFileHandle _handle;

    /// <summary>Makes one that is not set.</summary>
    /// <exception cref="HostException">No descriptor is left.</exception>
    public TimerDescriptor()
    {
        var descriptor = TimerFd(Monotonic, CloseOnExec);
        _handle = descriptor >= 0 ? Descriptors.Own(descriptor) : throw HostException.Last("timerfd_create");
    }

    /// <summary>Sets the time, in place of the one before.</summary>
    /// <param name="deadline">CLOCK_MONOTONIC ns; one that has passed lets the waiter go on at once, <see cref="long.MaxValue"/> stops the timer.</param>
    public void Set(long deadline)
    {
        // Zero would stop it.
        var time = deadline == long.MaxValue ? 0 : Math.Max(deadline, 1);
        var setting = new Setting { Seconds = time / NanosecondsPerSecond, Nanoseconds = time % NanosecondsPerSecond };
        // SAFETY: the kernel reads the setting during the call.
        if (SetTime(Descriptors.Number(_handle), Absolute, &setting, null) != 0)
        {
            throw HostException.Last("timerfd_settime");
        }
    }

    /// <summary>Waits until the time that is set has come.</summary>
    public void Wait()
    {
        Span<byte> count = stackalloc byte[sizeof(ulong)];
        Descriptors.Read(_handle, count);
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    [LibraryImport("libc", EntryPoint = "timerfd_create", SetLastError = true)]
    private static partial int TimerFd(int clock, int flags);

    [LibraryImport("libc", EntryPoint = "timerfd_settime", SetLastError = true)]
    private static partial int SetTime(int descriptor, int flags, Setting* setting, Setting* old);

    [StructLayout(LayoutKind.Sequential)]
    private struct Setting
    {
        public long IntervalSeconds, IntervalNanoseconds, Seconds, Nanoseconds;
    }
}
