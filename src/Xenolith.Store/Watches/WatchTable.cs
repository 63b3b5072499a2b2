using Xenolith.Store.Paths;
using Xenolith.Store.Permissions;
using Xenolith.Store.Tree;

namespace Xenolith.Store.Watches;

/// <summary>
/// All watches, found by the path that changes: a change walks down the watched components of its own path and touches nothing else.
/// </summary>
internal sealed class WatchTable
{
    private readonly WatchNode _root = new(null, []);

    /// <summary>How many watches there are.</summary>
    public int Count { get; private set; }

    /// <summary>The watcher's watch with that path and token.</summary>
    public Watch? Find(Watcher watcher, StorePath path, ReadOnlySpan<byte> token)
    {
        if (Locate(path) is not { } node)
            return null;
        foreach (var watch in node.Watches)
        {
            if (watch.Watcher == watcher && token.SequenceEqual(watch.Token))
                return watch;
        }

        return null;
    }

    /// <summary>Sets a watch.</summary>
    public Watch Add(Watcher watcher, StorePath path, int prefixLength, ReadOnlySpan<byte> token, int depth)
    {
        var node = _root;
        foreach (var name in path)
            node = node.FindOrAdd(name);
        var watch = new Watch(watcher, node, path.Bytes.ToArray(), prefixLength, token.ToArray(), depth);
        node.Watches.Add(watch);
        watcher.Watches.Add(watch);
        watcher.Bytes += watch.Bytes;
        Count++;
        return watch;
    }

    /// <summary>Ends a watch.</summary>
    public void Remove(Watch watch)
    {
        Detach(watch);
        watch.Watcher.Watches.Remove(watch);
        watch.Watcher.Bytes -= watch.Bytes;
    }

    /// <summary>Ends all watches of a watcher.</summary>
    public void RemoveAll(Watcher watcher)
    {
        foreach (var watch in watcher.Watches)
            Detach(watch);
        watcher.Watches.Clear();
        watcher.Bytes = 0;
    }

    /// <summary>Tells of a change that has been made in the tree: whoever watches below a removed node first, then its own path from the top.</summary>
    /// <param name="path">What changed.</param>
    /// <param name="before">The node before, if it existed: who could read it then hears of the change too.</param>
    /// <param name="removed">Whether the node is gone, with everything below it.</param>
    /// <param name="tree">The tree after the change.</param>
    public void Fire(StorePath path, Node before, bool removed, StoreTree tree)
    {
        if (Count == 0)
            return;
        if (removed && Locate(path) is { IsLeaf: false } exactly)
            FireBelow(exactly, before, tree);
        var node = _root;
        var levels = path.IsRoot ? 0 : path.Bytes.Count((byte)'/');
        FireAt(node, path, levels, before, tree);
        foreach (var name in path)
        {
            if (node.Find(name) is not { } next)
                return;
            node = next;
            FireAt(node, path, --levels, before, tree);
        }
    }

    /// <summary>Tells of a special event: the watches of exactly "@name", and those with a depth of "@name" and "@name/domid".</summary>
    public void FireSpecial(ReadOnlySpan<byte> name, ushort domid, bool withDomid, StoreTree tree)
    {
        if (_root.Find(name) is not { } node)
            return;
        Span<byte> pathWithDomid = stackalloc byte[64];
        pathWithDomid[0] = (byte)'/';
        name.CopyTo(pathWithDomid[1..]);
        var plain = pathWithDomid[..(name.Length + 1)];
        pathWithDomid[name.Length + 1] = (byte)'/';
        System.Buffers.Text.Utf8Formatter.TryFormat((uint)domid, pathWithDomid[(name.Length + 2)..], out var digits);
        pathWithDomid = pathWithDomid[..(name.Length + 2 + digits)];

        var special = tree.Find(new StorePath(plain));
        foreach (var watch in node.Watches)
        {
            if ((watch.Depth >= 0 && !withDomid) || !CanRead(watch.Watcher.Actor, special))
                continue;
            if (watch.Depth < 0)
                watch.Watcher.Send(watch, plain);
            else if (watch.Depth > 0)
                watch.Watcher.Send(watch, pathWithDomid);
        }

        if (!withDomid || node.Find(pathWithDomid[(name.Length + 2)..]) is not { } ofDomain)
            return;
        foreach (var watch in ofDomain.Watches)
        {
            if (CanRead(watch.Watcher.Actor, special))
                watch.Watcher.Send(watch, pathWithDomid);
        }
    }

    private WatchNode? Locate(StorePath path)
    {
        var node = _root;
        foreach (var name in path)
        {
            if (node.Find(name) is not { } next)
                return null;
            node = next;
        }

        return node;
    }

    private void FireBelow(WatchNode watched, Node removed, StoreTree tree)
    {
        if (removed.Branch is not { } branch)
            return;
        foreach (var next in watched.Children)
        {
            var child = branch.Find(next.Name);
            if (!child.Exists)
                continue;
            FireBelow(next, child, tree);
            foreach (var watch in next.Watches)
            {
                if (CanRead(watch.Watcher.Actor, child) || CanRead(watch.Watcher.Actor, removed))
                    watch.Watcher.Send(watch, watch.Path);
            }
        }
    }

    private static void FireAt(WatchNode node, StorePath path, int levels, Node before, StoreTree tree)
    {
        foreach (var watch in node.Watches)
        {
            if (watch.Reaches(levels) && MayHear(watch.Watcher.Actor, path, before, tree))
                watch.Watcher.Send(watch, path.Bytes);
        }
    }

    private static bool MayHear(in Actor actor, StorePath path, Node before, StoreTree tree) =>
        actor.IsPrivileged || CanRead(actor, before) || CanRead(actor, tree.Find(path)) || CanRead(actor, tree.Find(path.Parent));

    private static bool CanRead(in Actor actor, Node node) =>
        actor.IsPrivileged || (node.Exists && node.Content.Permissions.RightsOf(actor).HasFlag(AccessRights.Read));

    private void Detach(Watch watch)
    {
        watch.Node.Watches.Remove(watch);
        watch.Node.Prune();
        Count--;
    }
}
