using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Xenolith.Config.Grammar;

namespace Xenolith.Config.Xm;

/// <summary>
/// Computes the expressions that configuration files of xm use: strings, whole numbers, lists, names assigned earlier, <c>+</c>, <c>*</c>,
/// and <c>%</c> between a string and its values. A number is an atom without quotes, as in xl.cfg.
/// </summary>
internal static class PyExpressions
{
    // A file may multiply strings and lists; what it makes stays small.
    private const int MaxLength = 1 << 16;

    /// <summary>A number as it is written in Python, 2 or 3; null when it is none.</summary>
    public static long? Number(string text)
    {
        var octal = text.Length > 2 && text.StartsWith("0o", StringComparison.OrdinalIgnoreCase);
        return CNumber.TryParse(octal ? "0" + text[2..] : text.TrimEnd('L', 'l'), out var number) ? number : null;
    }

    /// <summary><paramref name="a"/> <paramref name="operator"/> <paramref name="b"/>, or null with a problem.</summary>
    public static CfgValue? Apply(string @operator, CfgValue a, CfgValue b, out string? problem)
    {
        problem = null;
        CfgValue? result = (@operator, a, b) switch
        {
            ("+", CfgAtom { Quoted: true } x, CfgAtom { Quoted: true } y) => new CfgAtom(a.Position, x.Text + y.Text, true),
            ("+", CfgList x, CfgList y) => new CfgList(a.Position, x.Items.AddRange(y.Items)),
            ("*", CfgAtom { Quoted: true } x, CfgAtom { Quoted: false } n) when Times(n, x.Text.Length) is { } times =>
                new CfgAtom(a.Position, new StringBuilder().Insert(0, x.Text, times).ToString(), true),
            ("%", CfgAtom { Quoted: true } format, _) => Format(format, b is CfgList list ? list.Items : [b], out problem),
            (_, CfgAtom { Quoted: false } x, CfgAtom { Quoted: false } y) => Arithmetic(@operator, x, y),
            _ => null,
        };
        if (result is null)
            problem ??= $"{a.Kind} {@operator} {b.Kind} is not supported";
        return result;
    }

    private static int? Times(CfgAtom count, int length) =>
        CNumber.TryParse(count.Text, out var times) && times >= 0 && times * Math.Max(1, length) <= MaxLength ? (int)times : null;

    private static CfgAtom? Arithmetic(string @operator, CfgAtom a, CfgAtom b)
    {
        if (!CNumber.TryParse(a.Text, out var x) || !CNumber.TryParse(b.Text, out var y))
            return null;
        long? value = @operator switch
        {
            "+" => x + y,
            "-" => x - y,
            "*" when Math.Abs(x) <= int.MaxValue && Math.Abs(y) <= int.MaxValue => x * y,
            "/" or "//" when y > 0 && x >= 0 => x / y,
            "%" when y > 0 && x >= 0 => x % y,
            _ => null,
        };
        return value is { } number ? new CfgAtom(a.Position, number.ToString(CultureInfo.InvariantCulture), false) : null;
    }

    private static CfgAtom? Format(CfgAtom format, ImmutableArray<CfgValue> values, out string? problem)
    {
        var (built, next) = (new StringBuilder(), 0);
        for (var i = 0; i < format.Text.Length; i++)
        {
            if (format.Text[i] != '%')
            {
                built.Append(format.Text[i]);
                continue;
            }

            var start = ++i;
            while (i < format.Text.Length && char.IsAsciiDigit(format.Text[i]))
                i++;
            var width = format.Text[start..i];
            var kind = i < format.Text.Length ? format.Text[i] : '\0';
            if (kind == '%' && width.Length == 0)
            {
                built.Append('%');
                continue;
            }

            if (next >= values.Length || Shown(kind, width, values[next++]) is not { } shown)
            {
                problem = $"the format \"{format.Text}\" does not fit its values, or uses something other than %s, %d, %x and widths";
                return null;
            }

            built.Append(shown);
        }

        problem = next < values.Length ? $"the format \"{format.Text}\" has fewer places than values" : null;
        return problem is null ? new CfgAtom(format.Position, built.ToString(), true) : null;
    }

    private static string? Shown(char kind, string width, CfgValue value)
    {
        if (value is not CfgAtom atom || width.Length > 3)
            return null;
        var text = (kind, CNumber.TryParse(atom.Text, out var number)) switch
        {
            ('s', _) => atom.Text,
            ('d' or 'i', true) => number.ToString(CultureInfo.InvariantCulture),
            ('x', true) => number.ToString("x", CultureInfo.InvariantCulture),
            ('X', true) => number.ToString("X", CultureInfo.InvariantCulture),
            _ => null,
        };
        if (text is null || width.Length == 0)
            return text;
        return text.PadLeft(int.Parse(width, CultureInfo.InvariantCulture), width[0] == '0' ? '0' : ' ');
    }
}
