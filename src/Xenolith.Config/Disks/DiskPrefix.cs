namespace Xenolith.Config.Disks;

/// <summary>The prefixes of older disk specifications, such as <c>file:</c> and <c>tap:aio:</c>.</summary>
internal static class DiskPrefix
{
    private static readonly string[] Known =
        ["raw", "qcow", "qcow2", "vhd", "iscsi", "nbd", "enbd", "drbd", "tapdisk", "tap", "tap2", "aio", "ioemu", "file", "phy"];

    private static readonly string[] Local = ["raw", "qcow", "qcow2", "vhd", "tapdisk", "tap", "tap2", "aio", "ioemu", "file", "phy"];

    /// <summary>The prefix at the start of <paramref name="rest"/> without its colon, or null when there is none.</summary>
    /// <remarks>An unknown word counts as one only before a path, since <c>hdc:cdrom</c> is no prefix.</remarks>
    public static string? Match(ReadOnlySpan<char> rest)
    {
        var colon = rest.IndexOf(':');
        if (colon < 1)
            return null;
        var word = rest[..colon];
        // nbd://host/export is a target, not the prefix nbd.
        if (rest[(colon + 1)..].StartsWith("//", StringComparison.Ordinal) && !Array.Exists(Local, word.ToString().Equals))
            return null;
        foreach (var known in Known)
        {
            if (word.SequenceEqual(known))
                return known;
        }

        if (word[0] is < 'a' or > 'z')
            return null;
        foreach (var c in word)
        {
            if (c is not (>= 'a' and <= 'z' or >= '0' and <= '9'))
                return null;
        }

        var after = colon + 1 < rest.Length ? rest[colon + 1] : '/';
        return after is >= 'a' and <= 'z' or >= '0' and <= '9' ? null : word.ToString();
    }
}
