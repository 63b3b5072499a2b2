using Xenolith.Store.Paths;
using Xenolith.Store.Permissions;
using Xenolith.Store.Tree;
using Xenolith.Store.Watches;

namespace Xenolith.Store.Requests;

/// <summary>Takes a domain that is gone out of the tree: its nodes with all below them, and its entries in other nodes' permissions.</summary>
internal static class DomainRemoval
{
    /// <summary>Removes the domain's traces; what it owned fires the watches.</summary>
    public static void Remove(StoreTree tree, WatchTable watches, ushort domid)
    {
        var owned = new List<byte[]>();
        var named = new List<byte[]>();
        new TreeWalk((path, node) =>
        {
            var permissions = node.Content.Permissions;
            if (permissions.Owner == domid && !path.IsRoot)
            {
                owned.Add(path.Bytes.ToArray());
                return false;
            }

            for (var i = 1; i < permissions.Count; i++)
            {
                if (permissions[i].Domid != domid)
                    continue;
                named.Add(path.Bytes.ToArray());
                break;
            }

            return true;
        }).Visit(tree);

        foreach (var path in named)
            StripEntries(tree, new StorePath(path), domid);
        foreach (var bytes in owned)
        {
            var path = new StorePath(bytes);
            var removed = tree.Remove(path);
            watches.Fire(path, removed, removed: true, tree);
        }
    }

    private static void StripEntries(StoreTree tree, StorePath path, ushort domid)
    {
        var permissions = tree.Find(path).Content.Permissions;
        Span<byte> kept = stackalloc byte[PackedPermissions.MaxEntries * PackedPermissions.EntrySize];
        var length = 0;
        for (var i = 0; i < permissions.Count; i++)
        {
            if (i > 0 && permissions[i].Domid == domid)
                continue;
            PackedPermissions.Put(kept[length..], permissions[i]);
            length += PackedPermissions.EntrySize;
        }

        tree.SetPermissions(path, new(kept[..length]));
    }
}
