namespace Xenolith.Toolstack;

/// <summary>How a domain is to be made (xl create's options, as far as they concern its monitor).</summary>
public sealed record CreateOptions
{
    /// <summary><c>-p</c>: leave it paused.</summary>
    public bool Paused { get; init; }

    /// <summary>Told what a person should know about the new domain, a line each, such as which way out its interfaces took.</summary>
    public Action<string>? Remark { get; init; }

    /// <summary><c>-c</c>: it runs only once a console viewer is attached; given by the launcher.</summary>
    internal bool AwaitViewer { get; init; }

    /// <summary><c>-F</c>: the monitor stays in the foreground and speaks to standard error.</summary>
    public bool Foreground { get; init; }

    /// <summary><c>-e</c>: nobody acts when the domain shuts down: it stays until destroyed.</summary>
    public bool NoMonitor { get; init; }
}
