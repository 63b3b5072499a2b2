namespace Xenolith.Toolstack;

/// <summary>What a command could not do. The message names the thing, the cause and the next step, and is shown to a person as it is.</summary>
public sealed class ToolstackException : Exception
{
    /// <summary>The code of a failed creation or of a file that cannot be read.</summary>
    public const int CreationFailed = 3;

    /// <summary>The code of most failures: an unknown domain, a refused order.</summary>
    public const int Failed = 1;

    /// <summary>For a failed command.</summary>
    /// <param name="message">One or more whole sentences.</param>
    /// <param name="exitCode">The command's exit code.</param>
    public ToolstackException(string message, int exitCode = Failed)
        : base(message) => ExitCode = exitCode;

    /// <summary>For a failure with a cause worth keeping.</summary>
    public ToolstackException(string message, int exitCode, Exception inner)
        : base(message, inner) => ExitCode = exitCode;

    /// <summary>The command's exit code.</summary>
    public int ExitCode { get; }
}
