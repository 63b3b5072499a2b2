using Xenolith.Config.Grammar;

namespace Xenolith.Config.Xm;

/// <summary>One token of an xm configuration.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Position">Where it begins.</param>
/// <param name="Text">Its text; a string's content.</param>
internal readonly record struct PyToken(PyTokenKind Kind, SourcePosition Position, string Text)
{
    /// <summary>Whether it is this operator.</summary>
    public bool Is(string @operator) => Kind == PyTokenKind.Operator && Text == @operator;

    /// <summary>What stands there, in a person's words.</summary>
    public string Describe() => Kind switch
    {
        PyTokenKind.NewLine => "the end of the line",
        PyTokenKind.End => "the end of the text",
        PyTokenKind.Indent => "an indented line",
        PyTokenKind.String => $"the string '{Text}'",
        _ => $"`{Text}'",
    };
}
