using System.Globalization;
using System.Text;

namespace Xenolith.Store.Commands;

/// <summary>Values as the command line shows and takes them: printable ASCII as it is, the rest as backslash sequences.</summary>
internal static class ValueText
{
    /// <summary>A value as text without control characters.</summary>
    public static string Show(ReadOnlySpan<byte> value)
    {
        var text = new StringBuilder(value.Length);
        foreach (var b in value)
        {
            switch (b)
            {
                case (byte)'\t': text.Append("\\t"); break;
                case (byte)'\n': text.Append("\\n"); break;
                case (byte)'\r': text.Append("\\r"); break;
                case (byte)'\\': text.Append("\\\\"); break;
                case >= (byte)' ' and <= (byte)'~': text.Append((char)b); break;
                case < 8: text.Append('\\').Append(Convert.ToString(b, 8).PadLeft(3, '0')); break;
                default: text.Append(CultureInfo.InvariantCulture, $"\\x{b:x2}"); break;
            }
        }

        return text.ToString();
    }

    /// <summary>The value that a text with backslash sequences means.</summary>
    public static byte[] Take(string text)
    {
        var from = Encoding.UTF8.GetBytes(text);
        var value = new List<byte>(from.Length);
        for (var i = 0; i < from.Length;)
        {
            if (from[i] != '\\')
            {
                value.Add(from[i++]);
                continue;
            }

            // A backslash at the very end stands for a zero byte, as in the original.
            i++;
            var c = i < from.Length ? from[i] : (byte)0;
            var digits = c switch { (byte)'x' => Digits(from, i + 1, 2, 16), >= (byte)'0' and <= (byte)'7' => Digits(from, i, 3, 8), _ => 0 };
            switch (c)
            {
                case (byte)'x' when digits > 0:
                    value.Add(Number(from, i + 1, digits, 16));
                    i += 1 + digits;
                    break;
                case >= (byte)'0' and <= (byte)'7':
                    value.Add(Number(from, i, digits, 8));
                    i += digits;
                    break;
                default:
                    value.Add(c switch { (byte)'t' => (byte)'\t', (byte)'n' => (byte)'\n', (byte)'r' => (byte)'\r', _ => c });
                    i++;
                    break;
            }
        }

        return [.. value];
    }

    private static int Digits(byte[] from, int start, int most, int radix)
    {
        var count = 0;
        while (count < most && start + count < from.Length && DigitOf(from[start + count]) < radix)
            count++;
        return count;
    }

    private static byte Number(byte[] from, int start, int count, int radix)
    {
        var number = 0;
        for (var i = 0; i < count; i++)
            number = number * radix + DigitOf(from[start + i]);
        return (byte)number;
    }

    private static int DigitOf(byte c) => c switch
    {
        >= (byte)'0' and <= (byte)'9' => c - '0',
        >= (byte)'a' and <= (byte)'f' => c - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => c - 'A' + 10,
        _ => 99,
    };
}
