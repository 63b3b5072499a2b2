using System.Globalization;
using Xenolith.Cli.Domains;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Cli.Xl;

/// <summary>The lines of <c>xl uptime</c>.</summary>
internal static class UptimeText
{
    /// <summary>Heading of the long form.</summary>
    public const string Heading = "Name                                ID Uptime\n";

    /// <summary>A row of the long form.</summary>
    public static string Row(DomainSummary domain, long now) =>
        string.Create(CultureInfo.InvariantCulture, $"{domain.Name,-33} {domain.Domid,4} {Days(domain, now)}{Clock(domain, now)}:{Age(domain, now) % 60:D2}\n");

    /// <summary>A line of the short form.</summary>
    public static string Short(DomainSummary domain, long now)
    {
        var clock = DateTimeOffset.FromUnixTimeSeconds(now).ToLocalTime();
        return string.Create(CultureInfo.InvariantCulture,
            $" {clock:HH:mm:ss} up {Days(domain, now)}{Clock(domain, now)}, {domain.Name} ({domain.Domid})\n");
    }

    private static long Age(DomainSummary domain, long now) => Math.Max(0, now - domain.CreatedAt);

    private static string Days(DomainSummary domain, long now) => (Age(domain, now) / 86400) switch
    {
        0 => "",
        1 => "1 day, ",
        var days => $"{days} days, ",
    };

    private static string Clock(DomainSummary domain, long now)
    {
        var age = Age(domain, now) % 86400;
        return string.Create(CultureInfo.InvariantCulture, $"{age / 3600,2}:{age / 60 % 60:D2}");
    }
}
