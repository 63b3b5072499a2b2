using System.Diagnostics;
using System.Globalization;

namespace Xenolith.Tests;

/// <summary>
/// Where tests with random steps begin: the same for all who run them, so that whoever sees one fail sees what his own change did. XENOLITH_SEED
/// begins elsewhere, XENOLITH_FUZZ_SECONDS goes on for longer.
/// </summary>
internal static class FuzzSeeds
{
    /// <summary>The first seed of this run.</summary>
    public static int First { get; } = Number("XENOLITH_SEED", 41);

    /// <summary>As many seeds as asked for, and then more until the time that this run was given is over.</summary>
    public static IEnumerable<int> Take(int count)
    {
        var began = Stopwatch.StartNew();
        var seconds = Number("XENOLITH_FUZZ_SECONDS", 0);
        for (var i = 0; i < count || began.Elapsed.TotalSeconds < seconds; i++)
        {
            yield return First + i;
        }
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
