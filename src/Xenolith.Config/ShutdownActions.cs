namespace Xenolith.Config;

/// <summary>The action for each way a domain's life can end.</summary>
public sealed record ShutdownActions
{
    private static readonly (string Cfg, string Libxl, ShutdownAction Action)[] Names =
    [
        ("destroy", "destroy", ShutdownAction.Destroy),
        ("restart", "restart", ShutdownAction.Restart),
        ("rename-restart", "restart_rename", ShutdownAction.RenameRestart),
        ("preserve", "preserve", ShutdownAction.Preserve),
        ("coredump-destroy", "coredump_destroy", ShutdownAction.CoredumpDestroy),
        ("coredump-restart", "coredump_restart", ShutdownAction.CoredumpRestart),
        ("soft-reset", "soft_reset", ShutdownAction.SoftReset),
    ];

    /// <summary>After an ordinary shutdown (SHUTDOWN_poweroff).</summary>
    public ShutdownAction OnPoweroff { get; init; } = ShutdownAction.Destroy;

    /// <summary>After SHUTDOWN_reboot.</summary>
    public ShutdownAction OnReboot { get; init; } = ShutdownAction.Restart;

    /// <summary>After SHUTDOWN_watchdog.</summary>
    public ShutdownAction OnWatchdog { get; init; } = ShutdownAction.Destroy;

    /// <summary>After SHUTDOWN_crash.</summary>
    public ShutdownAction OnCrash { get; init; } = ShutdownAction.Destroy;

    /// <summary>After SHUTDOWN_soft_reset.</summary>
    public ShutdownAction OnSoftReset { get; init; } = ShutdownAction.SoftReset;

    /// <summary>Every action's name in xl.cfg, for messages.</summary>
    public static IEnumerable<string> CfgNames => Names.Select(name => name.Cfg);

    /// <summary>The action called <paramref name="name"/> in xl.cfg, such as <c>rename-restart</c>.</summary>
    public static bool TryParse(string name, out ShutdownAction action)
    {
        var row = Array.FindIndex(Names, candidate => candidate.Cfg == name);
        action = row < 0 ? default : Names[row].Action;
        return row >= 0;
    }

    /// <summary>The name of <paramref name="action"/> in xl.cfg and in xl's log.</summary>
    public static string CfgName(ShutdownAction action) => Array.Find(Names, row => row.Action == action).Cfg;

    /// <summary>The name of <paramref name="action"/> in libxl's JSON, such as <c>restart_rename</c>.</summary>
    public static string LibxlName(ShutdownAction action) => Array.Find(Names, row => row.Action == action).Libxl;
}
