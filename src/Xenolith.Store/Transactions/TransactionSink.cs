using Xenolith.Store.Paths;
using Xenolith.Store.Requests;
using Xenolith.Store.Tree;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Transactions;

/// <summary>Changes in a transaction: noted, and told when it is committed.</summary>
internal sealed class TransactionSink : IChangeSink
{
    /// <summary>Where changes are noted.</summary>
    public ChangeList? Changes { get; set; }

    /// <summary>Whether the present request changed something.</summary>
    public bool HasChanged { get; set; }

    /// <inheritdoc/>
    public StoreError Record(in NodeCall call) => StoreError.None;

    /// <inheritdoc/>
    public void Changed(StorePath path, Node before, bool removed)
    {
        HasChanged = true;
        Changes?.Add(path, before, removed);
    }
}
