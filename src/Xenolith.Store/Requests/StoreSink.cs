using Xenolith.Store.Journal;
using Xenolith.Store.Paths;
using Xenolith.Store.Tree;
using Xenolith.Store.Watches;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Requests;

/// <summary>Changes outside transactions: journalled before they are made, told to the watches after.</summary>
internal sealed class StoreSink(StoreTree tree, WatchTable watches) : IChangeSink
{
    /// <summary>Where changes are recorded.</summary>
    public IStoreJournal Journal { get; set; } = new NoJournal();

    /// <inheritdoc/>
    public StoreError Record(in NodeCall call) => Journal.Node(call.Type, call.Actor, call.Payload) ? StoreError.None : StoreError.EIO;

    /// <inheritdoc/>
    public void Changed(StorePath path, Node before, bool removed) => watches.Fire(path, before, removed, tree);
}
