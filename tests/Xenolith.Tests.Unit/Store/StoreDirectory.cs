using Xenolith.Host;
using Xenolith.Store.Client;
using Xenolith.Store.Requests;
using Xenolith.Store.Server;

namespace Xenolith.Tests.Unit.Store;

/// <summary>A directory with a journal, and stores that are opened on it and killed.</summary>
internal sealed class StoreDirectory : IDisposable
{
    private static readonly ControlDomain Control = new(1048576, "xenstored");

    public StoreDirectory() => State = DirectoryHandle.Open(Directory.CreateTempSubdirectory("xenstore-test-").FullName);

    public DirectoryHandle State { get; }

    public List<string> Log { get; } = [];

    public string JournalPath => Path.Combine(State.Path, "journal");

    /// <summary>Opens what is there, as a new process would. Nothing closes it: that is the kill.</summary>
    public KilledStore Open() => new(KeptStore.Open(State, new ListLog(Log), Control));

    public void Dispose()
    {
        State.Dispose();
        Directory.Delete(State.Path, recursive: true);
    }

    internal sealed class KilledStore(KeptStore kept)
    {
        private readonly Lock _lock = new();

        public KeptStore Kept => kept;

        public StoreClient Connect(int domid = 0)
        {
            StoreClient client;
            lock (_lock)
                client = new StoreClient(new InProcessTransport(kept.Store, _lock));
            if (domid != 0)
                client.Bind(domid);
            return client;
        }
    }

    private sealed class ListLog(List<string> lines) : IStoreLog
    {
        public void Note(string line) => lines.Add(line);

        public void Warn(string line) => lines.Add("warning: " + line);
    }
}
