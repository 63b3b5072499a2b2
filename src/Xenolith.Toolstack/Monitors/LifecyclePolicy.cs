using Xenolith.Config;

namespace Xenolith.Toolstack.Monitors;

/// <summary>What a monitor does with a domain that has shut down.</summary>
/// <param name="Action">The action that the configuration names.</param>
/// <param name="Keeps">The domain stays as it is, in memory.</param>
/// <param name="Renames">The domain that stays gets another name and UUID.</param>
/// <param name="Restarts">A new domain of the same configuration is made.</param>
/// <param name="DumpsCore">A core file is written first.</param>
/// <param name="Note">What could not be done as named, and what is done instead; null if all is as named.</param>
internal readonly record struct LifecycleStep(ShutdownAction Action, bool Keeps, bool Renames, bool Restarts, bool DumpsCore, string? Note);

/// <summary>The table from a shutdown's reason and the configured actions to what is done (xl.cfg(5), "EVENT ACTIONS").</summary>
internal static class LifecyclePolicy
{
    /// <summary>SHUTDOWN_crash, also said of a domain whose process was killed.</summary>
    public const int Crash = 3;

    private static readonly Func<ShutdownActions, ShutdownAction>[] ByReason =
    [
        a => a.OnPoweroff,                  // SHUTDOWN_poweroff
        a => a.OnReboot,                    // SHUTDOWN_reboot
        _ => ShutdownAction.Destroy,        // SHUTDOWN_suspend that nobody asked for
        a => a.OnCrash,                     // SHUTDOWN_crash
        a => a.OnWatchdog,                  // SHUTDOWN_watchdog
        a => a.OnSoftReset,                 // SHUTDOWN_soft_reset
    ];

    /// <summary>The action for a reason; a reason that Xen does not define destroys, as in xl.</summary>
    public static ShutdownAction ActionFor(int reason, ShutdownActions actions) =>
        reason >= 0 && reason < ByReason.Length ? ByReason[reason](actions) : ShutdownAction.Destroy;

    /// <summary>The steps for an action.</summary>
    /// <param name="action">The action.</param>
    /// <param name="memoryIsThere">The domain process still holds the memory (it does not if it was killed).</param>
    public static LifecycleStep Steps(ShutdownAction action, bool memoryIsThere) => action switch
    {
        ShutdownAction.Destroy => new(action, false, false, false, false, null),
        ShutdownAction.Restart => new(action, false, false, true, false, null),
        ShutdownAction.Preserve when memoryIsThere => new(action, true, false, false, false, null),
        ShutdownAction.Preserve => new(action, false, false, false, false, "its process is gone and its memory with it: it cannot be preserved and is destroyed"),
        ShutdownAction.RenameRestart when memoryIsThere => new(action, true, true, true, false, null),
        ShutdownAction.RenameRestart => new(action, false, false, true, false, "its process is gone and its memory with it: it is restarted without keeping the old one"),
        ShutdownAction.CoredumpDestroy when memoryIsThere => new(action, false, false, false, true, null),
        ShutdownAction.CoredumpDestroy => new(action, false, false, false, false, "its process is gone and its memory with it: it is destroyed without a core file"),
        ShutdownAction.CoredumpRestart when memoryIsThere => new(action, false, false, true, true, null),
        ShutdownAction.CoredumpRestart => new(action, false, false, true, false, "its process is gone and its memory with it: it is restarted without a core file"),
        ShutdownAction.SoftReset => new(action, false, false, false, false, "soft reset is not supported for PV domains; it is destroyed"),
        _ => throw new ArgumentOutOfRangeException(nameof(action), action, "not an action"),
    };

    /// <summary>The name that a kept domain gets: the first of NAME-1, NAME-2, ... that nobody has.</summary>
    public static string KeptName(string name, Func<string, bool> isTaken)
    {
        for (var number = 1; ; number++)
        {
            var candidate = $"{name}-{number}";
            if (!isTaken(candidate))
            {
                return candidate;
            }
        }
    }
}
