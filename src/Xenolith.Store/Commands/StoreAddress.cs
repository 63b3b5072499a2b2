using Xenolith.Host;
using Xenolith.Store.Client;
using Xenolith.Store.Server;

namespace Xenolith.Store.Commands;

/// <summary>Finds the store that a command means, as libxenstore does: XENSTORED_PATH, XENSTORED_RUNDIR, else this user's host.</summary>
internal static class StoreAddress
{
    /// <summary>Connects. This user's own store is started if it does not run.</summary>
    /// <exception cref="HostException">Nobody answers.</exception>
    public static StoreClient Connect()
    {
        var named = Environment.GetEnvironmentVariable("XENSTORED_PATH")
            ?? (Environment.GetEnvironmentVariable("XENSTORED_RUNDIR") is { Length: > 0 } directory ? $"{directory}/{StoreLocation.SocketName}" : null);
        if (named is { Length: > 0 })
            return Connect(Path.GetFullPath(named));
        using var run = RunDirectory.Open();
        return StoreDaemon.Connect(run);
    }

    private static StoreClient Connect(string path)
    {
        using var directory = DirectoryHandle.Open(Path.GetDirectoryName(path) ?? "/");
        var socket = UnixSockets.Connect(directory, Path.GetFileName(path), UnixSocketKind.Stream)
            ?? throw new HostException($"connect to xenstored at {path} (XENSTORED_PATH or XENSTORED_RUNDIR names it; unset them to use this user's own)", Errno.ECONNREFUSED);
        return new StoreClient(new SocketTransport(socket));
    }
}
