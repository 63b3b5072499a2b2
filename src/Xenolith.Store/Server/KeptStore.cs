using Xenolith.Host;
using Xenolith.Store.Requests;

namespace Xenolith.Store.Server;

/// <summary>A store with what keeps it across restarts.</summary>
internal sealed class KeptStore : IDisposable
{
    private KeptStore(XenStore store) => Store = store;

    /// <summary>The store.</summary>
    public XenStore Store { get; }

    /// <summary>How long <see cref="Upkeep"/> can wait, in milliseconds; negative for ever.</summary>
    public int MillisecondsToUpkeep => -1;

    /// <summary>Opens what an earlier run left, or begins anew.</summary>
    public static KeptStore Open(DirectoryHandle state, IStoreLog log, ControlDomain control)
    {
        var store = new XenStore(log, TimeProvider.System);
        InitialNodes.Write(store, control);
        return new KeptStore(store);
    }

    /// <summary>Does what is due.</summary>
    public void Upkeep()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
