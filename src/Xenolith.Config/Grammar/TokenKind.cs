namespace Xenolith.Config.Grammar;

/// <summary>The terminal symbols of xl.cfg's grammar.</summary>
internal enum TokenKind
{
    /// <summary>A key: a small letter, then small letters, digits, dots and underscores.</summary>
    Name,

    /// <summary>A quoted string.</summary>
    String,

    /// <summary>An unquoted atom that begins with a digit; whether it is a number is decided by who reads it.</summary>
    Number,

    /// <summary>The end of a line, of a comment, or <c>;</c> outside lists.</summary>
    NewLine,

    /// <summary><c>;</c></summary>
    Semicolon,

    /// <summary><c>=</c></summary>
    Assign,

    /// <summary><c>+=</c></summary>
    Append,

    /// <summary><c>[</c></summary>
    Open,

    /// <summary><c>]</c></summary>
    Close,

    /// <summary><c>,</c></summary>
    Comma,

    /// <summary>Characters that belong to no token; the message is already written.</summary>
    Bad,

    /// <summary>The end of the text.</summary>
    End,
}
