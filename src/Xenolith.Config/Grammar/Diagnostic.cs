namespace Xenolith.Config.Grammar;

/// <summary>One thing to tell a person about a configuration.</summary>
/// <param name="Severity">What it stops.</param>
/// <param name="Position">Where, or null when it is about the whole configuration.</param>
/// <param name="Message">The thing, the cause and the next step; no final full stop, no position.</param>
public sealed record Diagnostic(Severity Severity, SourcePosition? Position, string Message)
{
    /// <summary>One line for a terminal: <c>file:line:column: warning: message</c>.</summary>
    public override string ToString()
    {
        var label = Severity switch
        {
            Severity.Note => "note: ",
            Severity.Warning => "warning: ",
            _ => "",
        };
        return Position is { } position ? $"{position}: {label}{Message}" : label + Message;
    }
}
