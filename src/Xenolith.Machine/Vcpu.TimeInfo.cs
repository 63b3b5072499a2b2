using Xenolith.Abi;
using Xenolith.Machine.Time;

namespace Xenolith.Machine;

/// <summary>
/// The pages in which a guest finds the parameters of system time. The line that they describe never changes while the domain runs (see
/// <see cref="SystemTime"/>), but Xen renews the point on it about once a second while a vCPU runs, and old guests wait for that. So does this: when a
/// vCPU wakes, yields or is interrupted, and by a timer while it does none of these. A vCPU that sleeps costs no timer.
/// </summary>
public sealed partial class Vcpu
{
    /// <summary>How long a vCPU may run before its time page is renewed, in ns.</summary>
    private const long TimeInfoPeriod = 1_000_000_000;

    private Deadline? _timeInfoOld;
    private volatile bool _timeInfoWatched;
    private bool _timeInfoWoken;
    private ulong _timeInfoStamp;

    /// <summary>Writes vcpu_info's time. On the vCPU's thread, or while it is parked.</summary>
    internal void WriteTimeInfo()
    {
        var stamp = Domain.Time.LatestStamp();
        _timeInfoStamp = stamp.Tsc;
        WriteTimeInfo(Info + VcpuInfoLayout.Time, stamp);
    }

    /// <summary>Writes a vcpu_time_info somewhere else.</summary>
    internal void WriteTimeInfo(nint address) => WriteTimeInfo(address, Domain.Time.LatestStamp());

    /// <summary>Writes vcpu_info's time again if there is a later point for it. On the vCPU's thread.</summary>
    internal void RenewTimeInfo()
    {
        if (Domain.Time.LatestStamp().Tsc != _timeInfoStamp)
        {
            WriteTimeInfo();
        }
    }

    /// <summary>
    /// The vCPU was taken out of guest code, or begins to run: renews, and sees to it that this goes on though it may never leave guest code by itself.
    /// The kick that woke it is no sign of a long run: an idle guest's wakings must not cost a timer each. On the vCPU's thread.
    /// </summary>
    private void TimeInfoInterrupted()
    {
        RenewTimeInfo();
        if (_timeInfoWoken || _timeInfoWatched)
        {
            _timeInfoWoken = false;
            return;
        }

        _timeInfoWatched = true;
        Domain.Timers.Set(_timeInfoOld ??= new Deadline(TimeInfoGrewOld), Domain.Time.Now() + TimeInfoPeriod);
    }

    /// <summary>The vCPU slept: Xen renews when it lets a vCPU run again. On the vCPU's thread.</summary>
    private void TimeInfoWoken()
    {
        RenewTimeInfo();
        _timeInfoWoken = true;
    }

    /// <summary>On the timers' thread: the interruption renews the page and starts the next period, if there is anything to interrupt.</summary>
    private void TimeInfoGrewOld()
    {
        _timeInfoWatched = false;
        if (!_blocked && MayRun)
        {
            Attend();
        }
    }

    private void WriteTimeInfo(nint address, (ulong Tsc, ulong Nanoseconds) stamp)
    {
        var time = Domain.Time;
        var version = (SharedWord.Load32(address) | 1) + 2;
        SharedWord.Store32(address, version);
        SharedWord.Store64(address + 8, stamp.Tsc);
        SharedWord.Store64(address + 16, stamp.Nanoseconds);
        SharedWord.Store32(address + 24, time.Multiplier);
        SharedWord.Store8(address + 28, (byte)time.Shift);
        SharedWord.Store8(address + 29, VcpuTimeInfo.TscStable);
        SharedWord.Store32(address, version + 1);
    }
}
