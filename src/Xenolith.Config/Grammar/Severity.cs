namespace Xenolith.Config.Grammar;

/// <summary>How much a <see cref="Diagnostic"/> stops.</summary>
public enum Severity
{
    /// <summary>Worth knowing; nothing stops.</summary>
    Note,

    /// <summary>Probably not what was meant; nothing stops.</summary>
    Warning,

    /// <summary>The text is a valid configuration, but a domain cannot be made from it (xl exits 3, as for a failed creation; a dry run goes on).</summary>
    Creation,

    /// <summary>Real xl reads the text no further either, and exits 3 even for a dry run.</summary>
    Rejected,

    /// <summary>The text is not a valid configuration (xl exits 1).</summary>
    Error,
}
