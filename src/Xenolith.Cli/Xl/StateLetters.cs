using Xenolith.Toolstack.Hosts;

namespace Xenolith.Cli.Xl;

/// <summary>The six letters of xl's State column.</summary>
internal static class StateLetters
{
    // Indexed by SHUTDOWN_*: poweroff, reboot, suspend, crash, watchdog, soft reset (xen/include/public/sched.h).
    private const string Reasons = "-rscwS";
    private const int PowerOff = 0;
    private const int Crash = 3;

    /// <summary>Running, blocked, paused, shut down, how it shut down, dying.</summary>
    public static string Of(DomainSummary domain)
    {
        // Between two lives a domain is dying and nothing else: Ganeti knows ---s-d and -----d, and gives up at ---srd.
        var shutdown = domain.Dying && domain.ShutdownReason is not (PowerOff or Crash) ? null : domain.ShutdownReason;
        var reason = shutdown switch
        {
            null => '-',
            >= 0 and < 6 => Reasons[shutdown.Value],
            _ => '?',
        };
        return new string(
        [
            domain.Running ? 'r' : '-', domain.Blocked ? 'b' : '-', domain.Paused ? 'p' : '-', shutdown is null ? '-' : 's',
            reason, domain.Dying ? 'd' : '-',
        ]);
    }
}
