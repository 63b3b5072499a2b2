namespace Xenolith.Config.Grammar;

/// <summary>Says why characters that belong to no token are not understood, and what to write instead.</summary>
internal static class UnreadableText
{
    /// <summary>The message for <paramref name="text"/>, the characters up to the next blank.</summary>
    public static string Explain(string text) => text[0] switch
    {
        '\r' => "a carriage return: the file has DOS line ends; remove them, for example with dos2unix",
        '{' or '(' or ':' or '}' or ')' =>
            $"`{Shown(text)}' looks like Python; xl.cfg knows strings, numbers and lists only, so write the value out",
        '-' => $"`{Shown(text)}': an unquoted number cannot be negative; put it in quotes if the key takes a negative number",
        '.' => $"`{Shown(text)}': numbers are whole; write a string in quotes",
        >= 'A' and <= 'Z' => $"`{Shown(text)}': names of keys are in small letters and strings need quotes",
        < ' ' or '\x7f' => $"the control character 0x{(int)text[0]:x2}: this is not a text file",
        _ => $"`{Shown(text)}' is neither a name, a string in quotes, a number nor a list",
    };

    // Shown to a terminal, so control characters and endless words must not come through.
    private static string Shown(string text)
    {
        var shown = string.Create(Math.Min(text.Length, 40), text, static (span, from) =>
        {
            for (var i = 0; i < span.Length; i++)
                span[i] = char.IsControl(from[i]) ? '?' : from[i];
        });
        return text.Length > 40 ? shown + "..." : shown;
    }
}
