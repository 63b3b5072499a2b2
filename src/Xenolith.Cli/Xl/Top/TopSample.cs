using System.Diagnostics;
using System.Globalization;
using Xenolith.Cli.Commands;
using Xenolith.Toolstack;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Cli.Xl.Top;

/// <summary>The host and its domains at one moment.</summary>
/// <param name="At">The moment, in <see cref="Stopwatch"/> ticks.</param>
/// <param name="Facts">Facts of <c>xl info</c>, by name.</param>
/// <param name="Domains">The domains.</param>
internal sealed record TopSample(long At, IReadOnlyDictionary<string, string> Facts, IReadOnlyList<TopDomain> Domains)
{
    /// <summary>The host's memory in KiB.</summary>
    public long TotalKib => Fact("total_memory") * 1024;

    /// <summary>The host's free memory in KiB.</summary>
    public long FreeKib => Fact("free_memory") * 1024;

    /// <summary>Looks at the host now.</summary>
    /// <param name="services">The host.</param>
    /// <param name="previous">The last look, for CPU percentages; null at the first.</param>
    /// <param name="vcpus">Whether vCPUs are shown.</param>
    public static TopSample Take(Services services, TopSample? previous, bool vcpus)
    {
        var host = services.Host;
        var sample = new TopSample(Stopwatch.GetTimestamp(), host.Facts().ToDictionary(f => f.Name, f => f.Value, StringComparer.Ordinal), []);
        var elapsed = previous is null ? 0 : Stopwatch.GetElapsedTime(previous.At, sample.At).TotalNanoseconds;
        var domains = new List<TopDomain>();
        foreach (var domain in host.List())
        {
            var config = domain.Domid == 0 ? null : host.ConfigOf(domain.Domid);
            var (nets, vbds) = (config?.Nics.Length ?? 0, config?.Disks.Length ?? 0);
            domains.Add(new TopDomain(
                domain,
                vcpus ? host.Vcpus(domain) : [],
                nets,
                vbds,
                nets + vbds > 0 ? Statistics(services, domain) : DeviceStatistics.None,
                Percent(domain, previous, elapsed),
                sample.TotalKib));
        }

        return sample with { Domains = domains };
    }

    private static DeviceStatistics Statistics(Services services, DomainSummary domain)
    {
        try
        {
            return DeviceStatistics.Of(services.Host.Counters(domain.Domid));
        }
        catch (ToolstackException)
        {
            // It went between the two looks; its row is from the first.
            return DeviceStatistics.Unknown;
        }
    }

    private static double Percent(DomainSummary domain, TopSample? previous, double elapsed) =>
        previous?.Domains.FirstOrDefault(old => old.Summary.Domid == domain.Domid) is { } before && elapsed > 0
            ? Math.Max(0, domain.CpuNanoseconds - before.Summary.CpuNanoseconds) * 100 / elapsed
            : 0;

    private long Fact(string name) => long.TryParse(Facts.GetValueOrDefault(name), CultureInfo.InvariantCulture, out var value) ? value : 0;
}
