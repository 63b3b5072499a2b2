using Xenolith.Store.Client;
using Xenolith.Store.Requests;

namespace Xenolith.Store.Server;

/// <summary>
/// A whole store inside this process, without sockets, files or threads of its own: the twin of xenstored for tests.
/// <para>Thread ownership: free for all threads; one lock guards the store, and is held while a request is answered.</para>
/// </summary>
public sealed class InProcessStore
{
    private readonly Lock _lock = new();

    /// <summary>A store with Domain-0's nodes.</summary>
    /// <param name="control">Domain-0; a small one by default.</param>
    /// <param name="log">The store's log; none by default.</param>
    public InProcessStore(ControlDomain? control = null, IStoreLog? log = null)
    {
        Store = new XenStore(log ?? new StreamLog(TextWriter.Null), TimeProvider.System);
        InitialNodes.Write(Store, control ?? new ControlDomain(1048576, "xenstored"));
    }

    /// <summary>The store itself; use it under no other thread's feet.</summary>
    internal XenStore Store { get; }

    /// <summary>A client of the control domain, or with a domid the ring of a domain.</summary>
    public StoreClient Connect(int domid = 0)
    {
        var client = new StoreClient(Open());
        if (domid != 0)
            client.Bind(domid);
        return client;
    }

    /// <summary>A bare connection for bytes of the wire protocol.</summary>
    public IStoreTransport Open()
    {
        lock (_lock)
            return new InProcessTransport(Store, _lock);
    }
}
