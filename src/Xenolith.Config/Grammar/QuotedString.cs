using System.Text;

namespace Xenolith.Config.Grammar;

/// <summary>The escapes of a quoted string in xl.cfg: <c>\" \' \\ \a \b \f \n \r \t \v</c>, <c>\xHH</c> and up to three octal digits.</summary>
internal static class QuotedString
{
    /// <summary>Resolves the escapes of <paramref name="body"/>, the characters between the quotes.</summary>
    /// <param name="body">The characters between the quotes.</param>
    /// <param name="text">The string meant.</param>
    /// <param name="offset">Where in <paramref name="body"/> the first bad escape begins.</param>
    /// <param name="problem">What is wrong with it, or null when nothing is.</param>
    public static bool TryResolve(ReadOnlySpan<char> body, out string text, out int offset, out string? problem)
    {
        (offset, problem) = (0, null);
        if (!body.Contains('\\'))
        {
            text = body.ToString();
            return true;
        }

        var built = new StringBuilder(body.Length);
        for (var i = 0; i < body.Length;)
        {
            if (body[i] != '\\')
            {
                built.Append(body[i++]);
                continue;
            }

            var length = Escape(body[i..], out var character, out problem);
            if (problem is not null)
            {
                (text, offset) = ("", i);
                return false;
            }

            built.Append(character);
            i += length;
        }

        text = built.ToString();
        return true;
    }

    private static int Escape(ReadOnlySpan<char> rest, out char character, out string? problem)
    {
        problem = null;
        character = rest[1];
        const string Letters = "abfnrtv";
        if (character is '"' or '\'' or '\\')
            return 2;
        if (Letters.IndexOf(character) is var letter and >= 0)
        {
            character = "\a\b\f\n\r\t\v"[letter];
            return 2;
        }

        if (character == 'x')
            return Digits(rest[2..], 16, least: 2, most: 2, out character, out problem) + 2;
        if (character is >= '0' and <= '7')
            return Digits(rest[1..], 8, least: 1, most: 3, out character, out problem) + 1;
        problem = $"`\\{character}' is no escape; write `\\\\' for a backslash";
        return 2;
    }

    private static int Digits(ReadOnlySpan<char> rest, int radix, int least, int most, out char character, out string? problem)
    {
        var (value, length) = (0, 0);
        while (length < most && length < rest.Length && Digit(rest[length]) is var digit && digit < radix)
            (value, length) = (value * radix + digit, length + 1);
        character = (char)value;
        problem = length < least ? "`\\x' needs two hexadecimal digits"
            : value is 0 or > 255 ? $"an escape for the character {value}, which a configuration cannot hold"
            : null;
        return length;
    }

    private static int Digit(char c) => char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : int.MaxValue;
}
