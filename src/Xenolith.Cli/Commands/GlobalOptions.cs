using System.Globalization;

namespace Xenolith.Cli.Commands;

/// <summary>Options before the command: <c>xl [-vfNtT] command</c>.</summary>
public sealed record GlobalOptions
{
    /// <summary>How often <c>-v</c> was given: once tells what is done, twice what the domain's monitor said too.</summary>
    public int Verbosity { get; init; }

    /// <summary><c>-f</c>: go on where xl would rather not. As in real xl since xend went, nothing asks for it.</summary>
    public bool Force { get; init; }

    /// <summary><c>-N</c>: only say what would be done.</summary>
    public bool DryRun { get; init; }

    /// <summary><c>-t</c>: progress lines overwrite each other.</summary>
    public bool ProgressInPlace { get; init; }

    /// <summary><c>-T</c>: messages carry the time and the process.</summary>
    public bool Timestamps { get; init; }

    /// <summary>What <c>-T</c> puts before a message, as libxl's logger does.</summary>
    public static string Stamp() => string.Create(CultureInfo.InvariantCulture,
        $"{DateTime.Now:yyyy-MM-dd HH:mm:ss} {ZoneOf(TimeZoneInfo.Local)} [{Environment.ProcessId}] ");

    private static string ZoneOf(TimeZoneInfo zone) =>
        zone.GetUtcOffset(DateTime.Now) is var offset && offset == TimeSpan.Zero ? "UTC"
            : string.Create(CultureInfo.InvariantCulture, $"{(offset < TimeSpan.Zero ? '-' : '+')}{offset:hhmm}");
}
