using Xenolith.Store.Paths;
using Xenolith.Store.Permissions;
using Xenolith.Store.Tree;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Requests;

/// <summary>Who may see and do what, with Xen's choice between ENOENT and EACCES.</summary>
internal static class NodeAccess
{
    /// <summary>
    /// Whether the actor has all the rights at a path. A node that is missing answers ENOENT only to those who have one of the rights
    /// at the nearest node above it; the others must not learn what exists.
    /// </summary>
    public static StoreError Check(StoreTree tree, StorePath path, in Actor actor, AccessRights rights, out Node node, out int missing)
    {
        node = tree.FindNearest(path, out missing);
        if (actor.IsPrivileged)
            return missing == 0 ? StoreError.None : StoreError.ENOENT;

        var granted = node.Content.Permissions.RightsOf(actor);
        if (missing > 0)
            return (granted & rights) != 0 ? StoreError.ENOENT : StoreError.EACCES;
        return (granted & rights) == rights ? StoreError.None : StoreError.EACCES;
    }
}
