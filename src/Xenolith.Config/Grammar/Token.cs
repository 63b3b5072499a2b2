namespace Xenolith.Config.Grammar;

/// <summary>One token of a configuration text.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Position">Where it begins.</param>
/// <param name="Text">A name, a number's characters or a string's content; empty for the rest.</param>
internal readonly record struct Token(TokenKind Kind, SourcePosition Position, string Text)
{
    /// <summary>What stands there, in a person's words.</summary>
    public string Describe() => Kind switch
    {
        TokenKind.Name => $"the word `{Text}'",
        TokenKind.String => $"the string \"{Text}\"",
        TokenKind.Number => $"the number {Text}",
        TokenKind.NewLine => "the end of the line",
        TokenKind.Semicolon => "`;'",
        TokenKind.Assign => "`='",
        TokenKind.Append => "`+='",
        TokenKind.Open => "`['",
        TokenKind.Close => "`]'",
        TokenKind.Comma => "`,'",
        TokenKind.End => "the end of the text",
        _ => "something unreadable",
    };
}
