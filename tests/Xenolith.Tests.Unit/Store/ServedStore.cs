using Microsoft.Win32.SafeHandles;
using Xenolith.Host;
using Xenolith.Store.Client;
using Xenolith.Store.Requests;
using Xenolith.Store.Server;

namespace Xenolith.Tests.Unit.Store;

/// <summary>A store served on a socket by a thread of this process.</summary>
public sealed class ServedStore : IDisposable
{
    private readonly DirectoryHandle _directory = DirectoryHandle.Open(Directory.CreateTempSubdirectory("xenstore-test-").FullName);
    private readonly Thread _thread;
    private readonly List<string> _log = [];
    private volatile bool _stopping;

    public ServedStore()
    {
        Store = new XenStore(new ListLog(_log), TimeProvider.System);
        InitialNodes.Write(Store, new ControlDomain(1048576, "xenstored"));
        var server = new StoreServer(Store, RunDirectory.UserId());
        server.ListenOn(UnixSockets.Listen(_directory, "socket", UnixSocketKind.Stream));
        _thread = new Thread(() =>
        {
            while (!_stopping)
                server.Turn(50);
            server.Dispose();
        });
        _thread.Start();
    }

    /// <summary>Where other programs find it.</summary>
    public string SocketPath => Path.Combine(_directory.Path, "socket");

    internal XenStore Store { get; }

    internal IReadOnlyList<string> Log
    {
        get
        {
            lock (_log)
                return [.. _log];
        }
    }

    public StoreClient Connect() => new(Open());

    public IStoreTransport Open() => new SocketTransport(OpenSocket());

    public SafeFileHandle OpenSocket() => UnixSockets.Connect(_directory, "socket", UnixSocketKind.Stream)!;

    public void Stop()
    {
        _stopping = true;
        _thread.Join();
    }

    public void Dispose()
    {
        Stop();
        _directory.Dispose();
        Directory.Delete(_directory.Path, recursive: true);
    }

    private sealed class ListLog(List<string> lines) : IStoreLog
    {
        public void Note(string line)
        {
            lock (lines)
                lines.Add(line);
        }

        public void Warn(string line) => Note(line);
    }
}
