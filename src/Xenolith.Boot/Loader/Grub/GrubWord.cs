namespace Xenolith.Boot.Loader.Grub;

/// <summary>A piece of a word: text as it is, or a variable.</summary>
/// <param name="Text">The text, or the variable's name.</param>
/// <param name="IsVariable">It is a variable.</param>
/// <param name="IsQuoted">It stands in quotes: its value is not split, and counts even if it is empty.</param>
internal readonly record struct GrubWordPart(string Text, bool IsVariable, bool IsQuoted);

/// <summary>A word of a script before its variables are replaced.</summary>
/// <param name="Parts">Its pieces.</param>
internal sealed record GrubWord(IReadOnlyList<GrubWordPart> Parts)
{
    /// <summary>The word if it is plain unquoted text, such as a keyword; else null.</summary>
    public string? Plain => Parts is [{ IsVariable: false, IsQuoted: false } only] ? only.Text : null;
}
