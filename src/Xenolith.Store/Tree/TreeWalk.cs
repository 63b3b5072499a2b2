using Xenolith.Store.Paths;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Tree;

/// <summary>Visits every node of a tree, parents before children, children in the order of their names.</summary>
internal sealed class TreeWalk(TreeWalk.Visitor visit)
{
    private readonly byte[] _path = new byte[WireLimits.AbsolutePath + 1];

    /// <summary>Sees a node; returns whether its children are of interest. The tree must not change meanwhile.</summary>
    public delegate bool Visitor(StorePath path, Node node);

    /// <summary>Visits all nodes.</summary>
    public void Visit(StoreTree tree)
    {
        if (visit(StorePath.Root, tree.Root))
            Children(tree.Root, 0);
    }

    private void Children(Node node, int length)
    {
        if (node.Branch is not { } branch)
            return;
        foreach (var chunk in branch.Chunks)
        {
            for (var i = 0; i < chunk.Count; i++)
            {
                var child = chunk[i];
                _path[length] = (byte)'/';
                child.Name.CopyTo(_path.AsSpan(length + 1));
                var end = length + 1 + child.Name.Length;
                if (visit(new StorePath(_path.AsSpan(0, end)), child))
                    Children(child, end);
            }
        }
    }
}
