namespace Xenolith.Config;

/// <summary>What becomes of a domain that has shut down.</summary>
public enum ShutdownAction
{
    /// <summary>It goes.</summary>
    Destroy,

    /// <summary>A new domain of the same configuration takes its place.</summary>
    Restart,

    /// <summary>It stays under another name, and a new domain takes its name and place.</summary>
    RenameRestart,

    /// <summary>It stays as it is, until destroyed.</summary>
    Preserve,

    /// <summary>Its memory is dumped to a file, then it goes.</summary>
    CoredumpDestroy,

    /// <summary>Its memory is dumped to a file, then it is restarted.</summary>
    CoredumpRestart,

    /// <summary>It is reset in place (HVM kexec).</summary>
    SoftReset,
}
