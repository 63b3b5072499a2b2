using System.Globalization;
using System.Runtime.InteropServices;
using Xenolith.Cli.Commands;
using Xenolith.Cli.Programs;
using Xenolith.Host;

namespace Xenolith.Cli.Xl.Top;

/// <summary><c>xl top</c>, and <c>xentop</c>: what the host and its domains use, once in a while.</summary>
internal static class TopCommand
{
    /// <summary>Its row in the table; the options are xentop's.</summary>
    public static Command Command { get; } = new("top", "[options]", "Watch host and domains")
    {
        Options =
        [
            new('V', "version", "Print the version"),
            new('d', "delay", "Seconds between two looks: 3", "SECONDS"),
            new('n', "networks", "Print each interface"),
            new('x', "vbds", "Print each disk"),
            new('r', "repeat-header", "Print the heading before each domain"),
            new('v', "vcpus", "Print the vCPUs"),
            new('b', "batch", "Print for programs and take no keys"),
            new('i', "iterations", "How often to look", "TIMES"),
            new('f', "full-name", "Print whole names"),
            new('z', "dom0-first", "Print Domain-0 first"),
        ],
        Notes = "Keys: D asks for the delay, N, B, V and R show more or less, S sorts by the next column, the arrows scroll, Q leaves.",
        Run = Run,
    };

    private static int Run(Invocation use)
    {
        if (use.Has("version"))
        {
            use.Terminal.Out.Line(Product.Version);
            return ExitCode.Success;
        }

        if (!TryNumber(use, "delay", 3, 0, out var delay) || !TryNumber(use, "iterations", 0, 1, out var iterations))
            return ExitCode.Usage;
        var view = new TopView
        {
            Networks = use.Has("networks"),
            Vbds = use.Has("vbds"),
            Vcpus = use.Has("vcpus"),
            RepeatHeading = use.Has("repeat-header"),
            FullNames = use.Has("full-name"),
            HostFirst = use.Has("dom0-first"),
            Delay = delay,
        };
        int? times = use.Has("iterations") ? iterations : null;
        if (use.Has("batch"))
            return Batch(use, view, times);
        if (!TerminalMode.IsTerminal(StandardStreams.Output) || !TerminalMode.IsTerminal(StandardStreams.Input))
            return use.Fail("this is no terminal; use `top -b -i 1' in scripts.");
        new TopScreen(use, view with { Delay = Math.Max(1, delay) }, times).Run();
        return ExitCode.Success;
    }

    private static int Batch(Invocation use, TopView view, int? times)
    {
        using var stop = new ManualResetEventSlim();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        TopSample? sample = null;
        while (!stop.IsSet)
        {
            sample = TopSample.Take(use.Services, sample, view.Vcpus);
            use.Terminal.Out.Write(TopTable.Text(sample, view));
            use.Terminal.Out.Flush();
            if (--times <= 0)
                break;
            stop.Wait(TimeSpan.FromSeconds(view.Delay));
        }

        return ExitCode.Success;

        void End(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Set();
        }
    }

    private static bool TryNumber(Invocation use, string option, int absent, int least, out int value)
    {
        value = absent;
        if (use.Value(option) is not { } text)
            return true;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= least)
            return true;
        use.Fail($"--{option}: `{text}' is not a whole number of at least {least}.");
        return false;
    }
}
