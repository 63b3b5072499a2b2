namespace Xenolith.Config.Disks;

/// <summary>
/// Reads a disk specification of xl-disk-configuration(5): positional <c>target, format, vdev, access</c>, <c>key=value</c> words, and
/// the older <c>prefix:target,vdev,access</c>. Several strings (the words of <c>xl block-attach</c>) make one specification together.
/// </summary>
public static class DiskSpec
{
    /// <summary>Reads one disk.</summary>
    /// <param name="specs">The specification, in one or more strings.</param>
    /// <param name="disk">The disk, when there is no problem.</param>
    /// <param name="problem">What is wrong, naming the part; null when nothing is.</param>
    public static bool TryParse(IEnumerable<string> specs, out DiskConfig? disk, out string? problem)
    {
        disk = null;
        var state = new DiskSpecState();
        foreach (var spec in specs)
        {
            if ((problem = Scan(spec, state)) is not null)
            {
                problem = $"disk `{spec}': {problem}";
                return false;
            }
        }

        (disk, problem) = state.Finish();
        if (problem is not null)
            problem = $"disk `{string.Join(' ', specs)}': {problem}";
        return problem is null;
    }

    /// <summary>Reads one disk from one string.</summary>
    public static bool TryParse(string spec, out DiskConfig? disk, out string? problem) => TryParse([spec], out disk, out problem);

    private static string? Scan(string spec, DiskSpecState state)
    {
        var rest = spec.AsSpan();
        while (true)
        {
            rest = rest.TrimStart(" \t\n");
            if (rest.IsEmpty)
                return null;

            // target= takes everything that follows, commas included, but for one at the very end.
            if (rest.StartsWith("target=", StringComparison.Ordinal))
                return state.Word("target", (rest[^1] == ',' ? rest[7..^1] : rest[7..]).ToString());

            if (DiskPrefix.Match(rest) is { } prefix)
            {
                if (state.Prefix(prefix) is { } prefixProblem)
                    return prefixProblem;
                rest = rest[(prefix.Length + 1)..];
                continue;
            }

            var comma = rest.IndexOf(',');
            var word = comma < 0 ? rest : rest[..comma];
            rest = comma < 0 ? [] : rest[(comma + 1)..];
            if (Apply(word, state) is { } problem)
                return problem;
        }
    }

    private static string? Apply(ReadOnlySpan<char> word, DiskSpecState state)
    {
        var equals = word.IndexOf('=');
        if (equals >= 0)
            return state.Word(word[..equals].ToString(), word[(equals + 1)..].ToString());
        return state.Flag(word.ToString()) ? null : state.Positional(word.ToString());
    }
}
