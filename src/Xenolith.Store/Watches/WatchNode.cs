using Xenolith.Store.Paths;

namespace Xenolith.Store.Watches;

/// <summary>One component of the paths that are watched, with the watches at it and what is watched below.</summary>
internal sealed class WatchNode(WatchNode? parent, byte[] name)
{
    private Dictionary<byte[], WatchNode>? _children;

    /// <summary>The node above, null for the root.</summary>
    public WatchNode? Parent { get; } = parent;

    /// <summary>The component.</summary>
    public byte[] Name { get; } = name;

    /// <summary>The watches at exactly this path, in the order they were set.</summary>
    public List<Watch> Watches { get; } = [];

    /// <summary>Whether nothing below is watched.</summary>
    public bool IsLeaf => _children is null || _children.Count == 0;

    /// <summary>What is watched right below.</summary>
    public IEnumerable<WatchNode> Children => _children is null ? [] : _children.Values;

    /// <summary>The node of a component below.</summary>
    public WatchNode? Find(ReadOnlySpan<byte> name) =>
        _children is not null && _children.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out var child) ? child : null;

    /// <summary>The node of a component below, made if it is missing.</summary>
    public WatchNode FindOrAdd(ReadOnlySpan<byte> name)
    {
        if (Find(name) is { } child)
            return child;
        child = new WatchNode(this, name.ToArray());
        (_children ??= new(NameComparer.Instance)).Add(child.Name, child);
        return child;
    }

    /// <summary>Removes the nodes from here upwards that nothing needs any more.</summary>
    public void Prune()
    {
        var node = this;
        while (node.Parent is { } parent && node.Watches.Count == 0 && node.IsLeaf)
        {
            parent._children!.Remove(node.Name);
            node = parent;
        }
    }
}
