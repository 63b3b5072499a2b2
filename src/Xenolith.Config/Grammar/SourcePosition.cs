namespace Xenolith.Config.Grammar;

/// <summary>A place in a configuration text, for messages: <c>file:line:column</c>.</summary>
/// <param name="Source">The file as the person named it, or <c>command line</c>.</param>
/// <param name="Line">Counted from 1; on the command line, the number of the assignment.</param>
/// <param name="Column">Counted from 1, in characters.</param>
public readonly record struct SourcePosition(string Source, int Line, int Column)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Source}:{Line}:{Column}";
}
