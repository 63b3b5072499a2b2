using Xenolith.Abi;
using Xenolith.Machine.Time;

namespace Xenolith.Machine;

/// <summary>System time, wall clock, timers and watchdogs.</summary>
public sealed partial class Domain
{
    private const int WatchdogCount = 2;
    private readonly Deadline[] _watchdogs = new Deadline[WatchdogCount];
    private readonly bool[] _watchdogUsed = new bool[WatchdogCount];

    /// <summary>System time.</summary>
    public SystemTime Time { get; } = new(TscCalibration.Hertz);

    /// <summary>All timers of the domain.</summary>
    public DomainTimers Timers { get; }

    /// <summary>
    /// Writes the wall clock into shared_info: the host's time at system time 0. To be called before the first vCPU runs, and when the host's clock was set.
    /// </summary>
    public void UpdateWallclock()
    {
        lock (_lifecycle)
        {
            var now = (long)((DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100) + (WallclockOffset * 1_000_000_000);
            var atZero = (ulong)(now - Time.Now());
            var version = SharedWord.Load32(SharedInfo + SharedInfoLayout.WallclockVersion);
            SharedWord.Store32(SharedInfo + SharedInfoLayout.WallclockVersion, version | 1);
            Interlocked.MemoryBarrier();
            SharedWord.Store32(SharedInfo + SharedInfoLayout.WallclockSeconds, (uint)(atZero / 1_000_000_000));
            SharedWord.Store32(SharedInfo + SharedInfoLayout.WallclockSecondsHigh, (uint)(atZero / 1_000_000_000 >> 32));
            SharedWord.Store32(SharedInfo + SharedInfoLayout.WallclockNanoseconds, (uint)(atZero % 1_000_000_000));
            Interlocked.MemoryBarrier();
            SharedWord.Store32(SharedInfo + SharedInfoLayout.WallclockVersion, (version | 1) + 1);
        }
    }

    /// <summary>Seconds that the guest's wall clock is ahead of the host's (XEN_DOMCTL_settimeoffset). Set before the domain runs.</summary>
    public long WallclockOffset { get; set; }

    /// <summary>SCHEDOP_watchdog: id 0 takes a free one and returns its number (1 or 2); a timeout of 0 stops one; seconds.</summary>
    internal long SetWatchdog(uint id, uint timeout)
    {
        if (id > WatchdogCount)
        {
            return -XenErrno.EINVAL;
        }

        lock (_lifecycle)
        {
            var expiry = Time.Now() + (timeout * 1_000_000_000L);
            if (id == 0)
            {
                var free = Array.IndexOf(_watchdogUsed, false);
                if (free < 0)
                {
                    return -XenErrno.ENOSPC;
                }

                _watchdogUsed[free] = true;
                Timers.Set(_watchdogs[free], expiry);
                return free + 1;
            }

            var index = (int)id - 1;
            if (!_watchdogUsed[index])
            {
                return -XenErrno.EINVAL;
            }

            if (timeout == 0)
            {
                _watchdogUsed[index] = false;
                Timers.Stop(_watchdogs[index]);
            }
            else
            {
                Timers.Set(_watchdogs[index], expiry);
            }

            return 0;
        }
    }

    private void WatchdogExpired()
    {
        if (Shutdown is null && !Dying)
        {
            Log.Write("watchdog timer expired");
            BeginShutdown(ShutdownReason.Watchdog);
        }
    }
}
