using System.Globalization;

namespace Xenolith.Cli.Xl;

/// <summary>An amount of memory on a command line: a number, in MiB unless a letter behind it says b(ytes), k, m, g or t.</summary>
internal static class MemorySize
{
    /// <summary>How help shows it.</summary>
    public const string Synopsis = "<MemMB['b'[bytes]|'k'[KB]|'m'[MB]|'g'[GB]|'t'[TB]]>";

    /// <summary>Reads it, in KiB.</summary>
    public static bool TryParse(string text, out long kib)
    {
        kib = 0;
        if (text.Length == 0)
            return false;
        var shift = char.ToLowerInvariant(text[^1]) switch { 'b' => -10, 'k' => 0, 'm' => 10, 'g' => 20, 't' => 30, _ => (int?)null };
        if (!long.TryParse(shift is null ? text : text[..^1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) || number < 0)
            return false;
        var by = shift ?? 10;
        if (by > 0 && number > long.MaxValue >> by)
            return false;
        kib = by < 0 ? number >> -by : number << by;
        return true;
    }
}
