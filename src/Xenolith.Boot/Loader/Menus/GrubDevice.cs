using System.Globalization;

namespace Xenolith.Boot.Loader.Menus;

/// <summary>A device in GRUB's language, of which only the partition matters: a loader sees one disk.</summary>
/// <param name="Partition">As Linux counts, from 1; 0 for the whole disk.</param>
internal readonly record struct GrubDevice(int Partition)
{
    private static readonly string[] Schemes = ["msdos", "gpt", "part", "dos"];

    /// <summary>Reads <c>hd0</c>, <c>hd0,msdos1</c>, <c>hd0,1</c>, <c>xen/xvda,gpt2</c>, and with or without brackets.</summary>
    /// <param name="text">The words.</param>
    /// <param name="legacy">Plain numbers count from 0, as in grub-legacy.</param>
    /// <returns>Null if it is none.</returns>
    public static GrubDevice? Parse(string text, bool legacy)
    {
        text = text.Trim('(', ')', ' ');
        var comma = text.IndexOf(',');
        if (comma < 0)
        {
            return text.Length > 0 ? new(0) : null;
        }

        var partition = text[(comma + 1)..].Split(',')[0];
        foreach (var scheme in Schemes)
        {
            if (partition.StartsWith(scheme, StringComparison.Ordinal))
            {
                partition = partition[scheme.Length..];
                break;
            }
        }

        return int.TryParse(partition, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < 1024 ? new(legacy ? number + 1 : number) : null;
    }
}
