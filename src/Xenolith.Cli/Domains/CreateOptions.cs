namespace Xenolith.Cli.Domains;

/// <summary>How <c>xl create</c> is to make a domain.</summary>
public sealed record CreateOptions
{
    /// <summary><c>-p</c>: it stays paused.</summary>
    public bool Paused { get; init; }

    /// <summary><c>-F</c>: its monitor is this process and ends with it.</summary>
    public bool Foreground { get; init; }

    /// <summary><c>-e</c>: nobody waits for its end.</summary>
    public bool NoMonitor { get; init; }

    /// <summary><c>-c</c>: a viewer of the console is attached before it runs.</summary>
    public bool AttachConsole { get; init; }
}
