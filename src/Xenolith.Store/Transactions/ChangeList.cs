using Xenolith.Store.Paths;
using Xenolith.Store.Tree;
using Xenolith.Store.Watches;

namespace Xenolith.Store.Transactions;

/// <summary>What a transaction changed, in the order of the first change of each node: at the commit each fires once.</summary>
internal sealed class ChangeList
{
    private readonly List<Entry> _changes = [];
    private readonly Dictionary<byte[], int> _index = new(NameComparer.Instance);

    /// <summary>Notes a change. A removal counts more than an earlier write, for it concerns watches below too.</summary>
    public void Add(StorePath path, Node before, bool removed)
    {
        var index = _index.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (index.TryGetValue(path.Bytes, out var at))
        {
            if (removed && !_changes[at].Removed)
                _changes[at] = new(_changes[at].Path, before, Removed: true);
            return;
        }

        var bytes = path.Bytes.ToArray();
        _index.Add(bytes, _changes.Count);
        _changes.Add(new(bytes, before, removed));
    }

    /// <summary>Fires the watches for all of it.</summary>
    public void Fire(WatchTable watches, StoreTree tree)
    {
        if (watches.Count == 0)
            return;
        foreach (var change in _changes)
            watches.Fire(new StorePath(change.Path), change.Before, change.Removed, tree);
    }

    private readonly record struct Entry(byte[] Path, Node Before, bool Removed);
}
