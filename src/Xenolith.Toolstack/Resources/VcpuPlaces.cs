using System.Collections.Immutable;
using Xenolith.Config.Processors;

namespace Xenolith.Toolstack.Resources;

/// <summary>
/// On which host CPUs each vCPU may run (hard affinity) and should run (soft affinity), as text for state files and tables: one CPU set a vCPU with
/// semicolons between them, <c>all</c> where nothing was said.
/// </summary>
internal static class VcpuPlaces
{
    /// <summary>What holds for a vCPU that nothing was said about.</summary>
    public const string Anywhere = "all";

    private const char Separator = ';';

    /// <summary>The text of a configuration's sets.</summary>
    public static string Text(ImmutableArray<ImmutableArray<int>> sets, int vcpus, int hostCpus) =>
        string.Join(Separator, Enumerable.Range(0, vcpus).Select(v => v < sets.Length ? CpuSet.Format(sets[v], hostCpus) : Anywhere));

    /// <summary>The set of one vCPU.</summary>
    public static string Of(string text, int vcpu)
    {
        var sets = text.Split(Separator);
        return vcpu < sets.Length && sets[vcpu].Length > 0 ? sets[vcpu] : Anywhere;
    }

    /// <summary>The configuration's sets with those of one vCPU, or of all (-1), replaced.</summary>
    public static ImmutableArray<ImmutableArray<int>> With(ImmutableArray<ImmutableArray<int>> sets, int vcpus, int vcpu, ImmutableArray<int> set, int hostCpus)
    {
        ImmutableArray<int> anywhere = [.. Enumerable.Range(0, hostCpus)];
        return [.. Enumerable.Range(0, vcpus).Select(v => v == vcpu || vcpu < 0 ? set : v < sets.Length ? sets[v] : anywhere)];
    }

    /// <summary>
    /// Where a vCPU's thread is to be kept. Linux has no preference beside its strict affinity, so a soft affinity is kept to strictly as long as it
    /// leaves a CPU of the hard one.
    /// </summary>
    public static IReadOnlyCollection<int> Effective(IReadOnlyCollection<int> hard, IReadOnlyCollection<int> soft)
    {
        var both = hard.Intersect(soft).ToList();
        return both.Count > 0 ? both : hard;
    }
}
