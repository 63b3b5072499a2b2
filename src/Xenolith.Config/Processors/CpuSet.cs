using System.Globalization;

namespace Xenolith.Config.Processors;

/// <summary>Reads a set of host CPUs as <c>cpus=</c> and <c>xl vcpu-pin</c> write it: <c>all</c>, <c>0-3,5,^1</c>, <c>nodes:0</c>.</summary>
public static class CpuSet
{
    /// <summary>The highest CPU number that is believed; Xen's own limit.</summary>
    public const int MaxCpu = 4095;

    /// <summary>Reads <paramref name="text"/>.</summary>
    /// <param name="text">Members and ranges with commas between them; <c>^</c> takes away.</param>
    /// <param name="hostCpus">How many CPUs the host has; all of them are node 0.</param>
    /// <param name="cpus">The members in ascending order; those beyond the host stay out, as in Xen's bitmaps.</param>
    /// <param name="problem">What is wrong, or null.</param>
    public static bool TryParse(string text, int hostCpus, out IReadOnlyList<int> cpus, out string? problem)
    {
        var set = new SortedSet<int>();
        problem = null;
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            problem = Update(part.Trim(), hostCpus, set);
            if (problem is not null)
                break;
        }

        cpus = [.. set];
        return problem is null;
    }

    /// <summary>Writes a set as Xen's tables do: <c>all</c>, <c>none</c>, <c>0-1,3</c>.</summary>
    /// <param name="cpus">The members; those beyond the host are left out.</param>
    /// <param name="hostCpus">How many CPUs the host has.</param>
    public static string Format(IReadOnlyCollection<int> cpus, int hostCpus)
    {
        ArgumentNullException.ThrowIfNull(cpus);
        var members = cpus.Where(cpu => cpu < hostCpus).Order().Distinct().ToList();
        if (members.Count == 0)
            return "none";
        if (members.Count == hostCpus)
            return "all";
        var ranges = new List<string>();
        for (var at = 0; at < members.Count;)
        {
            var last = at;
            while (last + 1 < members.Count && members[last + 1] == members[last] + 1)
                last++;
            ranges.Add(last == at ? $"{members[at]}" : $"{members[at]}-{members[last]}");
            at = last + 1;
        }

        return string.Join(',', ranges);
    }

    private static string? Update(string part, int hostCpus, SortedSet<int> set)
    {
        var remove = part.StartsWith('^');
        var rest = remove ? part[1..] : part;
        var nodes = rest.StartsWith("node:", StringComparison.Ordinal) || rest.StartsWith("nodes:", StringComparison.Ordinal);
        if (nodes)
            rest = rest[(rest.IndexOf(':') + 1)..];
        if (rest == "all")
        {
            if (remove)
                return "`^' and `all' cannot be combined";
            // libxl sets every bit of its bitmap, which is as long as the host's CPUs rounded up to whole bytes.
            Add(set, 0, (hostCpus + 7) / 8 * 8 - 1);
            return null;
        }

        if (!TryRange(rest, out var first, out var last))
            return $"`{part}' is not a CPU, a range such as 0-3, nodes:N or all";
        if (nodes && first > 0)
            return $"the host has one NUMA node, 0; there is no node {first}";
        if (nodes)
            (first, last) = (0, hostCpus - 1);
        last = Math.Min(last, Math.Max((hostCpus + 7) / 8 * 8 - 1, 0));
        if (remove)
            set.RemoveWhere(cpu => cpu >= first && cpu <= last);
        else
            Add(set, first, last);
        return null;
    }

    private static void Add(SortedSet<int> set, int first, int last)
    {
        for (var cpu = first; cpu <= last; cpu++)
            set.Add(cpu);
    }

    private static bool TryRange(string text, out int first, out int last)
    {
        var dash = text.IndexOf('-');
        last = 0;
        if (!TryCpu(dash < 0 ? text : text[..dash], out first))
            return false;
        if (dash < 0)
        {
            last = first;
            return true;
        }

        return TryCpu(text[(dash + 1)..], out last) && last >= first;
    }

    private static bool TryCpu(string text, out int cpu) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out cpu) && cpu <= MaxCpu;
}
