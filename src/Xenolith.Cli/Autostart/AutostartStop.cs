using System.Collections.Concurrent;
using Xenolith.Cli.Commands;
using Xenolith.Cli.Domains;
using Xenolith.Cli.Programs;
using Xenolith.Toolstack;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Cli.Autostart;

/// <summary>
/// <c>xendomains stop</c>: all domains are asked at once, and what has not shut down in time is destroyed, so that a host's own shutdown ends.
/// Thread ownership: one thread for each domain, each with its own view of the host; they share only the dictionary of ends.
/// </summary>
internal static class AutostartStop
{
    /// <summary>Ends domains.</summary>
    /// <param name="names">Which; empty for all.</param>
    /// <param name="settings">How long it may take.</param>
    /// <param name="services">The host.</param>
    /// <param name="terminal">Where it is told.</param>
    public static int Stop(IReadOnlyList<string> names, AutostartSettings settings, Services services, Terminal terminal)
    {
        var domains = services.Host.List().Where(domain => domain.Domid != 0 && (names.Count == 0 || names.Contains(domain.Name))).ToList();
        terminal.Out.Line($"Shutting down Xen domains:{string.Concat(domains.Select(domain => " " + domain.Name))}");
        terminal.Out.Flush();
        var ends = new ConcurrentDictionary<int, string?>();
        var threads = domains.ConvertAll(domain =>
        {
            var thread = new Thread(() => ends[domain.Domid] = ShutDown(domain, services.OpenAnother())) { IsBackground = true, Name = $"stop {domain.Name}" };
            thread.Start();
            return thread;
        });
        var deadline = DateTime.UtcNow.AddSeconds(settings.StopSeconds);
        foreach (var thread in threads)
        {
            var left = deadline - DateTime.UtcNow;
            thread.Join(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }

        var code = ExitCode.Success;
        foreach (var domain in domains)
        {
            if (ends.TryGetValue(domain.Domid, out var problem) && problem is null)
                continue;
            terminal.Error.Line($"Domain {domain.Name}: {problem ?? $"not shut down after {settings.StopSeconds} seconds"}; it is destroyed.");
            if (!Destroy(domain, services.Host, terminal))
                code = ExitCode.Failure;
        }

        return code;
    }

    // Null when the domain has shut down or gone; a domain that a shutdown leaves behind (preserve) is left as it was asked for.
    private static string? ShutDown(DomainSummary domain, IDomainHost host)
    {
        if (domain.ShutdownReason is not null)
            return null;
        try
        {
            using var watch = host.Watch(domain.Domid);
            host.RequestShutdown(domain.Domid, "poweroff");
            watch.Next(death: false);
            // What cleaning up takes belongs to the stop: after it the host may cut the power.
            while (host.List().FirstOrDefault(other => other.Domid == domain.Domid) is { Dying: true } or { ShutdownReason: null })
                Thread.Sleep(PollMilliseconds);
            return null;
        }
        catch (ToolstackException e)
        {
            return host.List().Any(other => other.Domid == domain.Domid) ? e.Message : null;
        }
    }

    private const int PollMilliseconds = 50;

    private static bool Destroy(DomainSummary domain, IDomainHost host, Terminal terminal)
    {
        try
        {
            host.Destroy(domain.Domid);
            return true;
        }
        catch (ToolstackException e)
        {
            if (host.List().All(other => other.Domid != domain.Domid))
                return true;
            terminal.Error.Line($"Domain {domain.Name} could not be destroyed: {e.Message}");
            return false;
        }
    }
}
