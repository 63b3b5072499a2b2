using Xenolith.Cli.Commands;
using Xenolith.Cli.Programs;
using Xenolith.Config;
using Xenolith.Config.Grammar;
using Xenolith.Config.Json;
using Xenolith.Toolstack;

namespace Xenolith.Cli.Xl;

/// <summary><c>xl create</c>.</summary>
internal static class CreateCommand
{
    // A file that is something else has something wrong in each line.
    private const int MostDiagnostics = 20;

    /// <summary>Its row in the table.</summary>
    public static Command Command { get; } = new("create", "<ConfigFile> [options] [vars]", "Create a domain from a configuration file")
    {
        Options =
        [
            new('c', null, "Attach to the console before the domain runs"),
            new('d', null, "Print what the domain's monitor said while it was made"),
            new('e', null, "Start no monitor: nobody waits for the domain's end"),
            new('F', null, "Stay in the foreground until the domain's end"),
            new('f', "defconfig", "Read this configuration file", "FILE"),
            new('n', "dryrun", "Print the configuration as JSON and create nothing"),
            new('p', null, "Leave the domain paused"),
            new('q', "quiet", "Print no remarks"),
            new('V', "vncviewer", "Attach a VNC viewer (not available here)"),
            new('A', "vncviewer-autopass", "Give the viewer the password (not available here)"),
            new(null, "ignore-global-affinity-masks", "Accepted; there are no such masks"),
        ],
        Modifies = true,
        CanDryRun = true,
        Notes = "vars are assignments such as memory=512 that follow the file's own; strings in them need quotes of their own: 'name=\"web\"'.",
        Run = use => Run(use, ConfigFile.Read),
    };

    /// <summary>Creates a domain as the command line says.</summary>
    /// <param name="use">The command line.</param>
    /// <param name="read">Reads the configuration: xl's grammar or xm's.</param>
    internal static int Run(Invocation use, Func<string, IEnumerable<string>, Services, ConfigReading> read)
    {
        var file = use.Value("defconfig");
        var assignments = new List<string>();
        if (Sort(use.Arguments, ref file, assignments) is { } stray)
            return use.Misused(stray);
        if (file is null)
            return use.Fail("no configuration file is named; give one, or /dev/null and assignments such as 'name=\"web\"'.", ExitCode.NoConfigFile);
        var dryRun = use.Has("dryrun") || use.Globals.DryRun;
        if (!dryRun && (use.Has("vncviewer") || use.Has("vncviewer-autopass")))
            return use.Fail("-V and -A: PV framebuffers are not built yet, so there is no display to view; leave them out.");
        var quiet = use.Has("quiet");
        if (!quiet)
            use.Terminal.Error.Line($"Parsing config from {file}");
        var reading = read(file, assignments, use.Services);
        if (Report(reading, use.Terminal, quiet, dryRun) is { } code)
            return code;
        if (!dryRun)
            return Create(use, reading.Config!);
        use.Terminal.Out.Write(LibxlJson.DryRun(reading.Config!));
        return ExitCode.Success;
    }

    /// <summary>Tells the words behind a command apart: the configuration file, unless an option named it, and assignments.</summary>
    /// <returns>What is wrong with them, or null.</returns>
    internal static string? Sort(IEnumerable<string> words, ref string? file, List<string> assignments)
    {
        foreach (var word in words)
        {
            if (word.Contains('='))
                assignments.Add(word);
            else if (file is null)
                file = word;
            else
                return $"`{word}' is neither the configuration file, which is `{file}', nor an assignment such as memory=512.";
        }

        return null;
    }

    /// <summary>Prints what there is to say about a configuration.</summary>
    /// <returns>The exit code when it ends there, or null.</returns>
    internal static int? Report(ConfigReading reading, Terminal terminal, bool quiet, bool dryRun)
    {
        var told = reading.Diagnostics.Where(diagnostic => diagnostic.Severity >= Severity.Creation || !quiet).ToList();
        foreach (var diagnostic in told.Take(MostDiagnostics))
            terminal.Error.Line(diagnostic.ToString());
        if (told.Count > MostDiagnostics)
            terminal.Error.Line($"... and {told.Count - MostDiagnostics} more of that kind; is this a configuration at all?");

        return reading.Diagnostics.Worst switch
        {
            Severity.Error => ExitCode.Failure,
            Severity.Rejected => ExitCode.Creation,
            Severity.Creation when !dryRun => ExitCode.Creation,
            _ => null,
        };
    }

    private static int Create(Invocation use, DomainConfig config)
    {
        var options = new CreateOptions
        {
            Paused = use.Has("p"),
            Foreground = use.Has("F"),
            NoMonitor = use.Has("e"),
            Remark = use.Has("quiet") ? null : line => use.Terminal.Error.Line(line),
        };
        use.Detail($"creating {config.Name}: {config.EffectiveMemoryKiB / 1024} MiB, {config.EffectiveVcpus} of {config.EffectiveMaxVcpus} vCPUs, kernel {config.Kernel}");
        try
        {
            use.Services.Host.Create(config, options, attachConsole: use.Has("c"));
        }
        finally
        {
            TellLog(use, config.Name);
        }

        return ExitCode.Success;
    }

    // What libxl would have said itself, the monitor and the domain's builder say in the domain's log.
    private static void TellLog(Invocation use, string name)
    {
        if (use.Globals.Verbosity == 0 && !use.Has("d"))
            return;
        if (use.Services.Host.MonitorLog(name) is not { } log)
            return;
        use.Detail($"the life of {name} is told in {log.Path}");
        if (use.Globals.Verbosity < 2 && !use.Has("d"))
            return;
        foreach (var line in log.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            use.Terminal.Error.Line(line);
    }
}
