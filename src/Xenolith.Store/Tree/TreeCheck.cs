using System.Text;
using Xenolith.Store.Permissions;

namespace Xenolith.Store.Tree;

/// <summary>Looks whether a tree is what it must be: names in order and without doubles, counts right.</summary>
internal static class TreeCheck
{
    /// <summary>Counts the nodes; <paramref name="fault"/> names the first thing that is wrong, or is null.</summary>
    public static int Run(StoreTree tree, out string? fault)
    {
        string? found = null;
        var nodes = 0;
        var owned = new NodeLedger();
        new TreeWalk((path, node) =>
        {
            nodes++;
            if (!path.IsRoot)
                owned.Add(node.Content.Permissions.Owner, 1, node.Record.Length + NodeLedger.NodeOverhead);
            found ??= Fault(node) is { } wrong ? $"{Encoding.UTF8.GetString(path.Bytes)}: {wrong}" : null;
            return true;
        }).Visit(tree);

        foreach (var domid in owned.Domains.Concat(tree.Ledger.Domains).Distinct())
        {
            if (tree.Base is null && owned.Of(domid) != tree.Ledger.Of(domid))
                found ??= $"domain {domid} owns {owned.Of(domid)}, but {tree.Ledger.Of(domid)} was counted";
        }

        fault = found;
        return nodes;
    }

    private static string? Fault(Node node)
    {
        if (node.Content.Permissions is { Count: 0 or > PackedPermissions.MaxEntries })
            return "no permissions";
        if (node.Branch is not { } branch)
            return null;
        ReadOnlySpan<byte> last = [];
        foreach (var chunk in branch.Chunks)
        {
            var bytes = 0;
            for (var i = 0; i < chunk.Count; i++)
            {
                if (last.SequenceCompareTo(chunk[i].Name) >= 0)
                    return "children out of order";
                last = chunk[i].Name;
                bytes += last.Length + 1;
            }

            if (chunk.Count is 0 or > Chunk.Capacity || bytes != chunk.NameBytes)
                return "a chunk of children is miscounted";
        }

        return null;
    }
}
