using System.Diagnostics;
using Xenolith.Host;
using Xenolith.Store.Requests;

namespace Xenolith.Store.Server;

/// <summary>xenstored as a process: one host's store from its first client to half a minute after the last client and domain.</summary>
internal sealed class StoreProcess
{
    /// <summary>Held while a store runs: there is one a host.</summary>
    private const string RunningLock = "running.lock";

    /// <summary>Milliseconds without requests after which the heap is tidied.</summary>
    private const int RestAfter = 300;

    private readonly RunDirectory _run;
    private readonly IStoreLog _log;

    /// <summary>A store for a host.</summary>
    public StoreProcess(RunDirectory run, IStoreLog log)
    {
        _run = run;
        _log = log;
    }

    /// <summary>How long the store lives after its last client and domain; infinite to serve for ever.</summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Called once the store listens.</summary>
    public Action Listening { get; init; } = () => { };

    /// <summary>Serves; returns an exit code.</summary>
    public int Run()
    {
        using var state = StoreLocation.OpenState(_run);
        using var running = FileLock.TryTake(state, RunningLock);
        if (running is null)
        {
            _log.Warn($"another xenstored serves {_run.Path}; this one ends");
            return 1;
        }

        using var directory = StoreLocation.OpenSocket(_run);
        using var kept = KeptStore.Open(state, _log, DescribeControlDomain());
        using var server = new StoreServer(kept.Store, RunDirectory.UserId());
        server.ListenOn(UnixSockets.Listen(directory, StoreLocation.SocketName, UnixSocketKind.Stream));
        _log.Note($"listening on {directory.Path}/{StoreLocation.SocketName}");
        Listening();
        Serve(server, kept, state, directory);
        _log.Note("nobody needs the store any more; it ends");
        return 0;
    }

    private void Serve(StoreServer server, KeptStore kept, DirectoryHandle state, DirectoryHandle directory)
    {
        var idleSince = Stopwatch.GetTimestamp();
        var heap = new HeapUpkeep();
        while (true)
        {
            var isIdle = Linger != Timeout.InfiniteTimeSpan && server.ClientCount == 0 && kept.Store.Domains.Introduced == 0;
            if (!isIdle)
                idleSince = Stopwatch.GetTimestamp();
            var left = Linger - Stopwatch.GetElapsedTime(idleSince);
            if (isIdle && left <= TimeSpan.Zero && MayEnd(server, state, directory))
                return;
            var wait = isIdle ? (int)Math.Clamp(left.TotalMilliseconds, 100, 60_000) : Timeout.Infinite;
            if (heap.NeedsRest)
                wait = RestAfter;
            if (server.Turn(wait))
                heap.Run();
            else if (heap.NeedsRest)
                heap.Rest();
            kept.Upkeep();
        }
    }

    /// <summary>Closes the door: no new client can find the socket, nobody is about to start a store, and nobody came in at the last moment.</summary>
    private bool MayEnd(StoreServer server, DirectoryHandle state, DirectoryHandle directory)
    {
        using var starting = StoreDaemon.TryTakeStartLock(state);
        if (starting is null)
            return false;
        directory.Delete(StoreLocation.SocketName);
        if (!server.AcceptNow())
            return true;
        server.ListenOn(UnixSockets.Listen(directory, StoreLocation.SocketName, UnixSocketKind.Stream));
        return false;
    }

    private static ControlDomain DescribeControlDomain() => new(ControlDomain.DefaultMemoryKib(HostMachine.TotalKib()), Environment.ProcessPath ?? "xenstored");
}
