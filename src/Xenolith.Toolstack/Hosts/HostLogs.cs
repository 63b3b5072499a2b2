using System.Text;
using Xenolith.Host;

namespace Xenolith.Toolstack.Hosts;

/// <summary>
/// Where a host's logs are: <c>log</c> in a run directory that <c>XENOLITH_RUNDIR</c> chose, <c>/var/log/xen</c> for root, else <c>log</c> in
/// the user's run directory.
/// </summary>
internal static class HostLogs
{
    private const string RootLogs = "/var/log/xen";

    /// <summary>The directory, made if it is missing.</summary>
    public static string DirectoryOf(RunDirectory run)
    {
        var path = !run.IsIsolated && RunDirectory.UserId() == 0 ? RootLogs : Path.Combine(run.Path, "log");
        Directory.CreateDirectory(Path.Combine(path, "console"));
        return path;
    }

    /// <summary>The log of the monitor of a domain's name.</summary>
    public static string MonitorLogOf(RunDirectory run, string name) => Path.Combine(DirectoryOf(run), $"xl-{Safe(name)}.log");

    /// <summary>The console log of a domain's name.</summary>
    public static string ConsoleLogOf(RunDirectory run, string name) => Path.Combine(DirectoryOf(run), "console", $"guest-{Safe(name)}.log");

    /// <summary>A domain's name as part of a file's name: separators and control characters become dashes.</summary>
    public static string Safe(string name)
    {
        var safe = new StringBuilder(name.Length);
        foreach (var letter in name)
        {
            safe.Append(letter == '/' || char.IsControl(letter) ? '-' : letter);
        }

        return safe.ToString();
    }
}
