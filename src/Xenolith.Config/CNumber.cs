using System.Globalization;

namespace Xenolith.Config;

/// <summary>Numbers as C's strtol with base 0 reads them: decimal, <c>0x</c> hexadecimal, <c>0</c> octal, perhaps signed.</summary>
public static class CNumber
{
    /// <summary>Reads the whole of <paramref name="text"/> as one number.</summary>
    /// <returns>False when anything else stands there, or the number does not fit 64 bits.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out long value)
    {
        value = 0;
        text = text.TrimStart(" \t\n\v\f\r");
        var negative = !text.IsEmpty && text[0] == '-';
        if (!text.IsEmpty && text[0] is '-' or '+')
            text = text[1..];
        if (text.IsEmpty)
            return false;

        if (text.Length > 2 && text[0] == '0' && text[1] is 'x' or 'X')
        {
            if (!long.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value) || value < 0)
                return false;
        }
        else if (text[0] == '0')
        {
            foreach (var c in text)
            {
                if (c is < '0' or > '7' || value > long.MaxValue >> 3)
                    return false;
                value = value << 3 | (uint)(c - '0');
            }
        }
        else if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value))
        {
            return false;
        }

        if (negative)
            value = -value;
        return true;
    }
}
