using Xenolith.Host;

namespace Xenolith.Store.Server;

/// <summary>Where a host's store lives: its socket, where other programs look for it, and its files.</summary>
public static class StoreLocation
{
    /// <summary>The directory of the store in a run directory.</summary>
    public const string DirectoryName = "xenstored";

    /// <summary>The socket's name, as libxenstore expects it in XENSTORED_RUNDIR.</summary>
    public const string SocketName = "socket";

    /// <summary>The log's name.</summary>
    public const string LogName = "xenstored.log";

    private const string SystemDirectory = "/run/xenstored";

    /// <summary>The directory of the journal, the log and the locks.</summary>
    public static DirectoryHandle OpenState(RunDirectory run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return run.Root.Create(DirectoryName, 0x1C0);
    }

    /// <summary>The directory of the socket: /run/xenstored for root's host, so that every program finds it, else that of the files.</summary>
    public static DirectoryHandle OpenSocket(RunDirectory run)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (run.IsIsolated || RunDirectory.UserId() != 0)
            return OpenState(run);
        Directory.CreateDirectory(SystemDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return DirectoryHandle.Open(SystemDirectory);
    }
}
