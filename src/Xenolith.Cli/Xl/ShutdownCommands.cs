using Xenolith.Cli.Commands;
using Xenolith.Cli.Domains;
using Xenolith.Cli.Programs;
using Xenolith.Toolstack;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Cli.Xl;

/// <summary><c>xl shutdown</c> and <c>xl reboot</c>: ask the guest, perhaps wait.</summary>
internal static class ShutdownCommands
{
    public static Command Shutdown { get; } = Make("shutdown", "Ask a domain to shut down", "poweroff", "Shutting down");

    public static Command Reboot { get; } = Make("reboot", "Ask a domain to reboot", "reboot", "Rebooting");

    private static Command Make(string name, string summary, string request, string progress) => new(name, "[options] <-a|Domain>", summary)
    {
        Options =
        [
            new('a', "all", "All guests"),
            new('w', "wait", "Wait until it has shut down; twice: until it is gone"),
            new('F', null, "Accepted; PV guests have no ACPI to fall back to"),
        ],
        Modifies = true,
        Run = use => Run(use, request, progress),
    };

    /// <summary>Asks the domains of a command line, and waits when told to.</summary>
    internal static int Run(Invocation use, string request, string progress)
    {
        if (use.Arguments.Count == 0 && !use.Has("all"))
            return use.Fail("You must specify -a or a domain id.");
        var host = use.Services.Host;
        List<DomainSummary> domains = use.Has("all") ? [.. host.List().Where(domain => domain.Domid != 0)] : [host.Find(use.Arguments[0])];
        var code = ExitCode.Success;
        var watches = new List<(int Domid, IDomainWatch Watch)>();
        foreach (var domain in domains)
        {
            if (domain.Domid == 0)
                return use.Fail("Domain-0 is this host itself; shut the host down with its own commands.");
            use.Terminal.Error.Line($"{progress} domain {domain.Domid}");
            try
            {
                if (use.Has("wait"))
                    watches.Add((domain.Domid, host.Watch(domain.Domid)));
                host.RequestShutdown(domain.Domid, request);
            }
            catch (ToolstackException e) when (use.Has("all"))
            {
                // One deaf domain must not keep the others running, and one that ended by itself meanwhile is what was asked for.
                if (host.List().Any(left => left.Domid == domain.Domid && !left.Dying && left.ShutdownReason is null))
                    code = use.Fail(e.Message, e.ExitCode);
                watches.RemoveAll(watch => watch.Domid == domain.Domid);
            }
        }

        if (use.Has("wait"))
            Wait(use, watches, untilGone: use.Count("wait") > 1);
        return code;
    }

    private static void Wait(Invocation use, List<(int Domid, IDomainWatch Watch)> watches, bool untilGone)
    {
        var error = use.Terminal.Error;
        error.Line($"Waiting for {watches.Count} domains");
        var left = watches.Count;
        foreach (var (domid, watch) in watches)
        {
            using (watch)
            {
                if (use.Globals.ProgressInPlace)
                    error.Write($"\r{left--} to go \r");
                var end = watch.Next(death: false);
                if (end is { Gone: false, Reason: { } reason })
                    error.Line($"Domain {domid} has been shut down, reason code {reason}");
                if (untilGone && !end.Gone)
                {
                    error.Line($"Domain {domid} continue waiting for death");
                    end = watch.Next(death: true);
                }

                if (end.Gone)
                    error.Line($"Domain {domid} has been destroyed");
            }
        }
    }
}
