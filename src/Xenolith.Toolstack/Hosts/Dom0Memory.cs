using System.Globalization;

namespace Xenolith.Toolstack.Hosts;

/// <summary>
/// The value of Xen's option <c>dom0_mem</c>: a list of <c>SIZE</c>, <c>min:SIZE</c> and <c>max:SIZE</c>. A size is a number with B, K, M, G or T behind
/// it (K without), a percentage of the host's memory as in <c>10%</c>, or both with a plus between; a negative one is what is left to the others.
/// (xen-command-line: dom0_mem, x86)
/// </summary>
public sealed record Dom0Memory
{
    private const int PercentOfAll = 100;

    /// <summary>What Domain-0 has; null: not said.</summary>
    public Amount? Size { get; init; }

    /// <summary>The least it has.</summary>
    public Amount? Least { get; init; }

    /// <summary>The most it has.</summary>
    public Amount? Most { get; init; }

    /// <summary>A size in KiB and percents of the host; negative: all but that.</summary>
    public readonly record struct Amount(long Kib, int Percent, bool AllBut)
    {
        /// <summary>The size on a host.</summary>
        public long On(long totalKib)
        {
            var size = Kib + (totalKib / PercentOfAll * Percent);
            return Math.Clamp(AllBut ? totalKib - size : size, 0, totalKib);
        }
    }

    /// <summary>What Domain-0 keeps of a host: the size (or, without one, the most, or <paramref name="usualKib"/>) between the least and the most, and never more than there is.</summary>
    public long On(long totalKib, long usualKib)
    {
        var size = (Size ?? Most)?.On(totalKib) ?? usualKib;
        size = Math.Max(size, Least?.On(totalKib) ?? 0);
        return Math.Min(Math.Min(size, Most?.On(totalKib) ?? long.MaxValue), totalKib);
    }

    /// <summary>Reads a value; null with a reason if it is none.</summary>
    /// <param name="text">The value.</param>
    /// <param name="bareUnitKib">KiB that a number without a unit counts in: 1 on Xen's command line, 1024 in xenolith.conf.</param>
    /// <param name="problem">What is wrong.</param>
    public static Dom0Memory? TryParse(string text, long bareUnitKib, out string problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        var result = new Dom0Memory();
        foreach (var part in text.Split(','))
        {
            var colon = part.IndexOf(':', StringComparison.Ordinal);
            if (!TryAmount(part[(colon + 1)..], bareUnitKib, out var amount))
            {
                problem = $"\"{part}\" is no size such as 512M, 10%, min:1G or max:2G";
                return null;
            }

            switch (colon < 0 ? string.Empty : part[..colon])
            {
                case "": result = result with { Size = amount }; break;
                case "min": result = result with { Least = amount }; break;
                case "max": result = result with { Most = amount }; break;
                default:
                    problem = $"\"{part}\" is neither min:SIZE nor max:SIZE";
                    return null;
            }
        }

        problem = string.Empty;
        return result;
    }

    private static bool TryAmount(string text, long bareUnitKib, out Amount amount)
    {
        var negative = text.StartsWith('-');
        var (kib, percent) = (0L, 0);
        amount = default;
        foreach (var term in (negative ? text[1..] : text).Split('+'))
        {
            if (term.EndsWith('%') && int.TryParse(term[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var share) && share <= PercentOfAll)
            {
                percent += share;
            }
            else if (TrySize(term, bareUnitKib, out var size))
            {
                kib += size;
            }
            else
            {
                return false;
            }
        }

        amount = new(kib, percent, negative);
        return true;
    }

    private static bool TrySize(string text, long bareUnitKib, out long kib)
    {
        const string Units = "KMGT";
        kib = 0;
        var last = text.Length == 0 ? '\0' : char.ToUpperInvariant(text[^1]);
        var unit = Units.IndexOf(last, StringComparison.Ordinal);
        var digits = unit >= 0 || last == 'B' ? text[..^1] : text;
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > int.MaxValue)
        {
            return false;
        }

        kib = last == 'B' ? number / 1024 : unit >= 0 ? number << (10 * unit) : number * bareUnitKib;
        return kib >= 0;
    }
}
