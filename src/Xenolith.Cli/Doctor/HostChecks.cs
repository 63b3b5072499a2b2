using Xenolith.Cli.Commands;
using Xenolith.Toolstack;

namespace Xenolith.Cli.Doctor;

/// <summary>Checks of this user's own host: its run directory, store, memory, and what dead domains left.</summary>
internal static class HostChecks
{
    /// <summary>Makes the checks; what is found of dead domains is removed.</summary>
    public static IEnumerable<Finding> Run(Services services)
    {
        var findings = new List<Finding>();
        try
        {
            var host = services.Host;
            findings.Add(Leftovers(host.RemoveLeftovers()));
            findings.Add(new("host", Health.Good, $"{host.Place}: {host.List().Count - 1} domains"));
            findings.Add(host.StoreAnswers() switch
            {
                true => new("store", Health.Good, "xenstored runs and answers"),
                false => new("store", Health.Bad, "xenstored has its socket open and does not answer", "end it; domains and the next xl start it again, and nothing committed is lost"),
                null => new("store", Health.Good, "xenstored does not run; the first domain or client starts it"),
            });
            var facts = host.Facts().ToDictionary(fact => fact.Name, fact => fact.Value, StringComparer.Ordinal);
            var (total, free) = (facts.GetValueOrDefault("total_memory"), facts.GetValueOrDefault("free_memory"));
            findings.Add(free == "0"
                ? new("memory", Health.Bad, $"{total} MiB in all, nothing is free for domains", "lower dom0_mem in xenolith.conf, or destroy domains")
                : new("memory", Health.Good, $"{total} MiB in all, {free} MiB free for domains"));
        }
        catch (ToolstackException e)
        {
            findings.Add(new("host", Health.Bad, e.Message));
        }

        return findings;
    }

    private static Finding Leftovers(IReadOnlyList<string> removed) => removed.Count == 0
        ? new("leftovers", Health.Good, "none")
        : new("leftovers", Health.Good, $"removed: {string.Join("; ", removed)}");
}
