using System.Globalization;

namespace Xenolith.Config.Nics;

/// <summary>A limit on what an interface transmits: so many bytes in each interval.</summary>
/// <param name="BytesPerInterval">Bytes that may pass in one interval.</param>
/// <param name="IntervalMicroseconds">Length of the interval, microseconds.</param>
public readonly record struct NicRate(ulong BytesPerInterval, uint IntervalMicroseconds)
{
    private const uint DefaultInterval = 50_000;

    /// <summary>Reads <c>rate=</c> of xl-network-configuration(5): <c>10Mb/s</c>, <c>250KB/s</c>, <c>1MB/s@20ms</c>.</summary>
    public static bool TryParse(string text, out NicRate rate, out string? problem)
    {
        rate = default;
        var at = text.IndexOf('@');
        var speed = at < 0 ? text : text[..at];
        if (!TrySpeed(speed, out var bytesPerSecond))
        {
            problem = $"rate `{speed}' is not like 10Mb/s (bits) or 250KB/s (bytes)";
            return false;
        }

        var interval = DefaultInterval;
        if (at >= 0 && !TryInterval(text[(at + 1)..], out interval))
        {
            problem = $"rate `{text}': the interval after @ is not like 50ms, 20us or 1s";
            return false;
        }

        var bytes = (UInt128)bytesPerSecond * interval / 1_000_000;
        problem = bytes == 0 || bytes > ulong.MaxValue ? $"rate `{text}' allows no byte per interval, or too many to count" : null;
        rate = new NicRate((ulong)bytes, interval);
        return problem is null;
    }

    private static bool TrySpeed(string text, out ulong bytesPerSecond)
    {
        bytesPerSecond = 0;
        if (!text.EndsWith("b/s", StringComparison.Ordinal) && !text.EndsWith("B/s", StringComparison.Ordinal))
            return false;
        var bits = text[^3] == 'b';
        var digits = text[..^3];
        var unit = digits.Length == 0 ? 1ul : digits[^1] switch { 'K' => 1_000ul, 'M' => 1_000_000ul, 'G' => 1_000_000_000ul, _ => 1ul };
        if (unit > 1)
            digits = digits[..^1];
        if (!uint.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0)
            return false;
        bytesPerSecond = number * unit / (bits ? 8u : 1u);
        return true;
    }

    private static bool TryInterval(string text, out uint microseconds)
    {
        microseconds = 0;
        var digits = text.TrimEnd('s');
        ulong unit = 1_000_000;
        if (digits.Length > 0 && digits[^1] is 'm' or 'u')
        {
            unit = digits[^1] == 'm' ? 1000u : 1u;
            digits = digits[..^1];
        }

        if (text.Length - text.TrimEnd('s').Length > 1 || !uint.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return false;
        var total = number * unit;
        microseconds = (uint)Math.Min(total, uint.MaxValue);
        return total is > 0 and <= uint.MaxValue;
    }
}
