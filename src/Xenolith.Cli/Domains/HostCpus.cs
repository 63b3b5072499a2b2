using System.Globalization;
using Xenolith.Host;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Cli.Domains;

/// <summary>The host's CPUs, as vCPUs of Domain-0 and as places where threads run.</summary>
internal static class HostCpus
{
    // Field of /proc/PID/task/TID/stat, counted after the command's name: the CPU the thread ran on last.
    private const int ProcessorField = 36;
    private const long NanosecondsPerTick = 10_000_000;

    /// <summary>Domain-0's vCPUs: each host CPU with its busy time.</summary>
    public static IReadOnlyList<VcpuRow> Rows(DomainSummary host)
    {
        var rows = new List<VcpuRow>();
        var self = LastOf(Environment.ProcessId, CurrentProcess.ThreadId());
        foreach (var line in Lines("/proc/stat"))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 8 || !words[0].StartsWith("cpu", StringComparison.Ordinal) || words[0].Length == 3 || rows.Count == host.Vcpus)
                continue;
            long busy = 0;
            foreach (var column in (ReadOnlySpan<int>)[1, 2, 3, 6, 7])
                busy += long.Parse(words[column], CultureInfo.InvariantCulture);
            // The CPU that asks is running; the others we cannot see without disturbing them.
            rows.Add(new VcpuRow(rows.Count, true, rows.Count == self, rows.Count, busy * NanosecondsPerTick, host.HardAffinityOf(rows.Count)));
        }

        return rows;
    }

    /// <summary>The CPU that a thread ran on last; 0 when the thread is gone.</summary>
    public static int LastOf(int process, int thread)
    {
        var stat = Lines($"/proc/{process}/task/{thread}/stat").FirstOrDefault() ?? "";
        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > ProcessorField && int.TryParse(fields[ProcessorField], CultureInfo.InvariantCulture, out var cpu) ? cpu : 0;
    }

    private static string[] Lines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // the thread has ended, or is another user's
        }
    }
}
