using Xenolith.Store.Paths;
using Xenolith.Store.Permissions;

namespace Xenolith.Store.Tree;

/// <summary>
/// The nodes. A tree is persistent: <see cref="Snapshot"/> costs nothing and never changes afterwards, whatever becomes of the tree.
/// </summary>
/// <remarks>
/// Every change copies what it touches on the way down, except what this tree has copied or made since the last snapshot: each object
/// carries the edition that may change it in place, and a snapshot gives both sides new editions. So a store without open
/// transactions allocates next to nothing. One thread uses a store and all its trees.
/// </remarks>
internal sealed class StoreTree
{
    private readonly TreeClock _clock;
    private Branch _root;
    private long _edition;

    /// <summary>A tree with nothing but a root, owned by the control domain and closed to others.</summary>
    public StoreTree(TreeClock clock)
    {
        _clock = clock;
        _edition = clock.NextEdition();
        Span<byte> permissions = stackalloc byte[PackedPermissions.EntrySize];
        PackedPermissions.Put(permissions, new(0, AccessRights.None));
        _root = new Branch(NodeRecord.Create([], new(permissions), []), _edition, clock.NextGeneration());
        Ledger = new NodeLedger();
    }

    private StoreTree(StoreTree from)
    {
        _clock = from._clock;
        _edition = _clock.NextEdition();
        _root = from._root;
        Ledger = new NodeLedger();
        Base = from.Base ?? from.Ledger;
    }

    /// <summary>What each domain owns: the whole of it, or in a snapshot the changes made to the snapshot.</summary>
    public NodeLedger Ledger { get; }

    /// <summary>Of a snapshot, the ledger of the tree it was taken from; null for the store's tree itself.</summary>
    public NodeLedger? Base { get; }

    /// <summary>The root.</summary>
    public Node Root => new(_root);

    /// <summary>The tree as it is now, to be changed apart from it. Every snapshot must be given back with <see cref="Release"/>.</summary>
    public StoreTree Snapshot()
    {
        _edition = _clock.NextEdition();
        _clock.Snapshots++;
        return new StoreTree(this);
    }

    /// <summary>Says that this snapshot will not be used again.</summary>
    public void Release() => _clock.Snapshots--;

    /// <summary>Whether both trees hold the same nodes because neither changed since the one was taken from the other.</summary>
    public bool IsSame(StoreTree other) => ReferenceEquals(_root, other._root);

    /// <summary>Takes over a snapshot of this tree with the changes made to it. The snapshot is not used again, but not released either.</summary>
    public void Adopt(StoreTree changed)
    {
        _root = changed._root;
        _edition = changed._edition;
        Ledger.Add(changed.Ledger);
    }

    /// <summary>What a domain owns in this tree.</summary>
    public NodeLedger.Holding HoldingOf(ushort domid)
    {
        var own = Ledger.Of(domid);
        if (Base is null)
            return own;
        var below = Base.Of(domid);
        return new(own.Nodes + below.Nodes, own.Bytes + below.Bytes);
    }

    /// <summary>The node at a path.</summary>
    public Node Find(StorePath path)
    {
        var node = Root;
        foreach (var name in path)
        {
            node = node.Branch is { } branch ? branch.Find(name) : default;
            if (!node.Exists)
                break;
        }

        return node;
    }

    /// <summary>The node at a path, or the nearest one above it with the number of components that are missing below.</summary>
    public Node FindNearest(StorePath path, out int missing)
    {
        var node = Root;
        missing = 0;
        foreach (var name in path)
        {
            var next = missing == 0 && node.Branch is { } branch ? branch.Find(name) : default;
            if (next.Exists)
                node = next;
            else
                missing++;
        }

        return node;
    }

    /// <summary>
    /// Sets the value of a node, making it and its parents if they are missing: with their parent's permissions, and the creator as
    /// owner unless that is the control domain.
    /// </summary>
    public void Write(StorePath path, ReadOnlySpan<byte> value, in Actor creator)
    {
        var branch = OwnRoot();
        if (path.IsRoot)
        {
            SetRecord(branch, NodeRecord.WithValue(branch.Record, value));
            return;
        }

        var components = path.GetEnumerator();
        while (components.MoveNext())
        {
            var name = components.Current;
            var position = branch.Locate(name);
            if (components.IsLast && position.Found)
                ReplaceValue(branch, position, value);
            else if (components.IsLast)
                Add(branch, position, NewRecord(branch, name, value, creator));
            else
                branch = position.Found ? OwnChild(branch, position) : AddBranch(branch, position, NewRecord(branch, name, [], creator));
        }
    }

    /// <summary>Replaces the permissions of a node that exists.</summary>
    public void SetPermissions(StorePath path, PackedPermissions permissions)
    {
        var branch = OwnRoot();
        if (path.IsRoot)
        {
            SetRecord(branch, NodeRecord.Create([], permissions, new NodeRecord(branch.Record).Value));
            return;
        }

        var position = OwnParent(path, ref branch);
        var old = branch.At(position);
        var record = NodeRecord.Create(path.Name, permissions, old.Content.Value);
        if (old.Branch is not null)
            SetRecord(OwnChild(branch, position), record);
        else
            ReplaceLeaf(branch, position, old.Record, record);
    }

    /// <summary>Takes a node that exists, other than the root, out of the tree with everything below it.</summary>
    public Node Remove(StorePath path)
    {
        var branch = OwnRoot();
        var position = OwnParent(path, ref branch);
        var removed = branch.At(position);
        branch.Remove(position, _edition);
        branch.Generation = _clock.NextGeneration();
        SubtreeLedger.Discount(Ledger, removed);
        return removed;
    }

    // Makes the way to a node that exists, other than the root, this edition's own: its parent, and the node's place there.
    private ChildPosition OwnParent(StorePath path, ref Branch branch)
    {
        var components = path.GetEnumerator();
        while (components.MoveNext() && !components.IsLast)
        {
            branch = OwnChild(branch, branch.Locate(components.Current));
        }

        return branch.Locate(path.Name);
    }

    private Branch OwnRoot() => _root.Edition == _edition ? _root : _root = _root.CopyFor(_edition);

    private Branch OwnChild(Branch parent, ChildPosition position)
    {
        var child = parent.At(position);
        if (child.Branch is { } branch && branch.Edition == _edition)
            return branch;
        var owned = child.Branch is { } shared ? shared.CopyFor(_edition) : new Branch(child.Record, _edition, _clock.NextGeneration());
        parent.Replace(position, new(owned), _edition);
        return owned;
    }

    private Branch AddBranch(Branch parent, ChildPosition position, byte[] record)
    {
        var branch = new Branch(record, _edition, _clock.NextGeneration());
        Insert(parent, position, new(branch));
        return branch;
    }

    private void Add(Branch parent, ChildPosition position, byte[] record) => Insert(parent, position, new(record));

    private void Insert(Branch parent, ChildPosition position, Node node)
    {
        parent.Insert(position, node, _edition);
        parent.Generation = _clock.NextGeneration();
        Ledger.Add(NodeRecord.OwnerOf(node.Record), 1, node.Record.Length + NodeLedger.NodeOverhead);
    }

    private void ReplaceValue(Branch parent, ChildPosition position, ReadOnlySpan<byte> value)
    {
        var old = parent.At(position);
        if (old.Branch is not null)
        {
            var owned = OwnChild(parent, position);
            SetRecord(owned, NodeRecord.WithValue(owned.Record, value));
            return;
        }

        // Nobody else can see the leaf, so its bytes may change where they are.
        var offset = NodeRecord.ValueOffset(old.Record);
        if (_clock.Snapshots == 0 && old.Record.Length - offset == value.Length)
            value.CopyTo(old.Record.AsSpan(offset));
        else
            ReplaceLeaf(parent, position, old.Record, NodeRecord.WithValue(old.Record, value));
    }

    private void ReplaceLeaf(Branch parent, ChildPosition position, byte[] old, byte[] record)
    {
        Recount(old, record);
        parent.Replace(position, new(record), _edition);
    }

    private void SetRecord(Branch branch, byte[] record)
    {
        Recount(branch.Record, record);
        branch.Record = record;
        branch.Generation = _clock.NextGeneration();
    }

    private void Recount(byte[] old, byte[] record)
    {
        Ledger.Add(NodeRecord.OwnerOf(old), -1, -(old.Length + NodeLedger.NodeOverhead));
        Ledger.Add(NodeRecord.OwnerOf(record), 1, record.Length + NodeLedger.NodeOverhead);
    }

    private static byte[] NewRecord(Branch parent, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, in Actor creator)
    {
        var record = NodeRecord.Create(name, new NodeRecord(parent.Record).Permissions, value);
        if (!creator.IsPrivileged)
            PackedPermissions.Put(record.AsSpan(3), new(creator.Domid, new NodeRecord(record).Permissions[0].Rights));
        return record;
    }
}
