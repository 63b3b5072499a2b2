namespace Xenolith.Cli.Commands;

/// <summary>Options before the command: <c>xl [-vfNtT] command</c>. Only <c>-N</c> changes anything yet; the others are accepted, as scripts give them.</summary>
public sealed record GlobalOptions
{
    /// <summary>How often <c>-v</c> was given.</summary>
    public int Verbosity { get; init; }

    /// <summary><c>-f</c>: go on where xl would rather not.</summary>
    public bool Force { get; init; }

    /// <summary><c>-N</c>: only say what would be done.</summary>
    public bool DryRun { get; init; }

    /// <summary><c>-t</c>: progress lines overwrite each other.</summary>
    public bool ProgressInPlace { get; init; }

    /// <summary><c>-T</c>: messages carry the time.</summary>
    public bool Timestamps { get; init; }
}
