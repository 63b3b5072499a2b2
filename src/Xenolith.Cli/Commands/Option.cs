namespace Xenolith.Cli.Commands;

/// <summary>An option of a command.</summary>
/// <param name="Short">Its letter, or null.</param>
/// <param name="Long">Its long name without dashes, or null.</param>
/// <param name="Meaning">What it does, for help.</param>
/// <param name="Argument">The name of its argument in help, or null when it has none.</param>
public sealed record Option(char? Short, string? Long, string Meaning, string? Argument = null)
{
    /// <summary>The name commands ask for: the long one, or the letter.</summary>
    public string Name => Long ?? Short.ToString()!;

    /// <summary>The option as help shows it: <c>-f FILE, --defconfig=FILE</c>.</summary>
    public string Shown
    {
        get
        {
            var letter = Short is null ? null : "-" + Short + (Argument is null || Long is not null ? "" : " " + Argument);
            var word = Long is null ? null : "--" + Long + (Argument is null ? "" : "=" + Argument);
            return letter is null ? word! : word is null ? letter : $"{letter}, {word}";
        }
    }
}
