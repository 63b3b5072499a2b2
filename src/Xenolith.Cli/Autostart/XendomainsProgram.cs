using Xenolith.Cli.Commands;
using Xenolith.Cli.Programs;

namespace Xenolith.Cli.Autostart;

/// <summary>The program <c>xendomains</c>: domains that come and go with the host.</summary>
public static class XendomainsProgram
{
    private static readonly Command Start = new("start", "[options] [Domain...]", "Create the domains that are not there")
    {
        Options = [Auto, NoDirectory],
        Notes = Order,
        Run = use => AutostartStart.Start(Settings(use), use.Services, use.Terminal),
    };

    private static readonly Command Stop = new("stop", "[options] [Domain...]", "Shut down all domains at once, or some, and destroy what does not end in time")
    {
        Options = [Timeout],
        Run = use => AutostartStop.Stop(use.Arguments, Settings(use) with { Domains = [] }, use.Services, use.Terminal),
    };

    private static readonly Command Restart = new("restart", "[options]", "Stop, then start")
    {
        Options = [Auto, NoDirectory, Timeout],
        Run = use =>
        {
            var stopped = AutostartStop.Stop([], Settings(use), use.Services, use.Terminal);
            var started = AutostartStart.Start(Settings(use), use.Services, use.Terminal);
            return stopped != ExitCode.Success ? stopped : started;
        },
    };

    private static readonly Command Status = new("status", "[options]", "Print which of the domains are there; exit code 3 when one is missing")
    {
        Options = [Auto, NoDirectory],
        Run = use => AutostartStart.Status(Settings(use), use.Services, use.Terminal),
    };

    /// <summary>The program.</summary>
    public static CommandSet Set { get; } = new("xendomains", [Start, Stop, Restart, Restart with { Name = "reload" }, Status]);

    private const string Order =
        "First the named domains, or those of xendomains=\"foo bar\", in that order; then the files of /etc/xen/auto (for users other than root ~/.config/xenolith/auto) by name. "
        + "Settings are read from /etc/default/xendomains, /etc/sysconfig/xendomains and /etc/rc.conf, then the environment: "
        + "xendomains, XENDOMAINS_AUTO, XENDOMAINS_STOP_MAXWAIT, XENDOMAINS_CREATE_USLEEP.";

    private static Option Auto => new('a', "auto", "The directory instead of /etc/xen/auto", "DIRECTORY");

    private static Option NoDirectory => new('n', "named-only", "Leave the directory out");

    private static Option Timeout => new('t', "timeout", "How long domains may take to shut down: 300", "SECONDS");

    private static AutostartSettings Settings(Invocation use)
    {
        var settings = AutostartSettings.Load(AutostartSettings.Files, Environment.GetEnvironmentVariable);
        if (use.Arguments.Count > 0)
            settings = settings with { Domains = use.Arguments, Directory = "" };
        if (use.Value("auto") is { } directory)
            settings = settings with { Directory = directory };
        if (use.Has("named-only"))
            settings = settings with { Directory = "" };
        if (use.Value("timeout") is { } seconds)
            settings = settings.With($"XENDOMAINS_STOP_MAXWAIT={seconds}");
        return settings;
    }
}
