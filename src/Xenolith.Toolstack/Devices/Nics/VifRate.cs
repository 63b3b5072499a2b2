using System.Globalization;
using Xenolith.Config.Nics;
using Xenolith.Toolstack.Control;
using Xenolith.Toolstack.Domains.Backends;

namespace Xenolith.Toolstack.Devices.Nics;

/// <summary>The rate of an interface as the store has it: <c>bytes,microseconds</c>. Whoever writes the backend's node changes it at once, as with Linux's netback.</summary>
internal static class VifRate
{
    /// <summary>The node's text; null for no limit.</summary>
    public static string? Text(NicRate? rate) =>
        rate is { } some ? string.Create(CultureInfo.InvariantCulture, $"{some.BytesPerInterval},{some.IntervalMicroseconds}") : null;

    /// <summary>Reads the node's text. A missing node, and no bytes at all, mean no limit.</summary>
    public static bool TryParse(string? text, out NicRate? rate)
    {
        rate = null;
        if (text is null)
        {
            return true;
        }

        var parts = text.Split(',');
        if (parts.Length != 2 || !ulong.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
            || !uint.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds))
        {
            return false;
        }

        rate = bytes == 0 || microseconds == 0 ? null : new NicRate(bytes, microseconds);
        return true;
    }

    /// <summary>Puts a rate into an order; nothing for no limit.</summary>
    public static void Fill(Message order, NicRate? rate)
    {
        ArgumentNullException.ThrowIfNull(order);
        if (rate is { } some)
        {
            order.With(VifBackendKind.RateBytesField, (long)Math.Min(some.BytesPerInterval, long.MaxValue)).With(VifBackendKind.RateTimeField, some.IntervalMicroseconds);
        }
    }
}
