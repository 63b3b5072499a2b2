using System.Globalization;

namespace Xenolith.Cli.Domains;

/// <summary>What /proc/cpuinfo says about the host's processors.</summary>
/// <param name="Cpus">How many there are.</param>
/// <param name="CoresPerSocket">Cores of a socket.</param>
/// <param name="ThreadsPerCore">Threads of a core.</param>
/// <param name="Mhz">Clock of the first.</param>
internal sealed record ProcessorFacts(int Cpus, int CoresPerSocket, int ThreadsPerCore, double Mhz)
{
    /// <summary>Reads them.</summary>
    public static ProcessorFacts Read()
    {
        var first = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in File.ReadLines("/proc/cpuinfo"))
        {
            if (line.Length == 0)
                break;
            if (line.Split(':', 2, StringSplitOptions.TrimEntries) is [var name, var value])
                first.TryAdd(name, value);
        }

        var cpus = Environment.ProcessorCount;
        var cores = Number("cpu cores", cpus);
        var siblings = Number("siblings", cpus);
        return new ProcessorFacts(cpus, (int)cores, (int)Math.Max(1, siblings / Math.Max(1, cores)), Number("cpu MHz", 0));

        double Number(string name, double absent) =>
            double.TryParse(first.GetValueOrDefault(name), CultureInfo.InvariantCulture, out var number) && number > 0 ? number : absent;
    }
}
