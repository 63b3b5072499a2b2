using Xenolith.Toolstack.Hosts;

namespace Xenolith.Cli.Xl;

/// <summary>The six letters of xl's State column.</summary>
internal static class StateLetters
{
    // Indexed by SHUTDOWN_*: poweroff, reboot, suspend, crash, watchdog, soft reset (xen/include/public/sched.h).
    private const string Reasons = "-rscwS";

    /// <summary>Running, blocked, paused, shut down, how it shut down, dying.</summary>
    public static string Of(DomainSummary domain)
    {
        var reason = domain.ShutdownReason switch
        {
            null => '-',
            >= 0 and < 6 => Reasons[domain.ShutdownReason.Value],
            _ => '?',
        };
        return new string(
        [
            domain.Running ? 'r' : '-', domain.Blocked ? 'b' : '-', domain.Paused ? 'p' : '-', domain.ShutdownReason is null ? '-' : 's',
            reason, domain.Dying ? 'd' : '-',
        ]);
    }
}
