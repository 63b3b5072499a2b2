namespace Xenolith.Host;

/// <summary>
/// Text with words of a tenant's in it (a menu's title, a file's name, what a server said of an image), made fit for a person's terminal and log: what a
/// terminal would obey becomes a question mark, and nothing in one line begins another.
/// </summary>
public static class PrintableText
{
    private const char Instead = '?';

    /// <summary>For a message, which may have several lines.</summary>
    public static string Lines(string text) => Replace(text, keepsLines: true);

    /// <summary>For one line of a log; a line's end in it becomes a blank.</summary>
    public static string OneLine(string text) => Replace(text, keepsLines: false);

    private static string Replace(string text, bool keepsLines)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Any(IsUnfit) ? string.Create(text.Length, (text, keepsLines), Fill) : text;
    }

    private static void Fill(Span<char> to, (string Text, bool KeepsLines) from)
    {
        for (var i = 0; i < to.Length; i++)
        {
            var c = from.Text[i];
            to[i] = c == '\n' ? (from.KeepsLines ? c : ' ') : IsUnfit(c) ? Instead : c;
        }
    }

    // C0, DEL and C1 (some terminals obey those too), and Unicode's own ends of lines.
    private static bool IsUnfit(char c) => (char.IsControl(c) && c != '\t') || c is '\u2028' or '\u2029';
}
