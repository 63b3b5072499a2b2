namespace Xenolith.Cli.Programs;

/// <summary>Exit codes as real xl's callers know them.</summary>
public static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Success = 0;

    /// <summary>It could not be done; a configuration is wrong; a domain is unknown.</summary>
    public const int Failure = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;

    /// <summary>A domain could not be created, or a configuration file not be read.</summary>
    public const int Creation = 3;

    /// <summary><c>xl create</c> without a configuration file (libxl's ERROR_INVAL).</summary>
    public const int NoConfigFile = 6;
}
