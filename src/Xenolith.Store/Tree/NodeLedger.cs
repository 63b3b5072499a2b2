using System.Runtime.InteropServices;

namespace Xenolith.Store.Tree;

/// <summary>How many nodes, and bytes in them, each domain owns in a tree. The control domain's are not counted: it has no quota.</summary>
internal sealed class NodeLedger
{
    private readonly Dictionary<ushort, Holding> _holdings = [];

    /// <summary>Bytes that a node counts beside its record.</summary>
    public const int NodeOverhead = 32;

    /// <summary>The domains that own nodes.</summary>
    public IEnumerable<ushort> Domains => _holdings.Keys;

    /// <summary>What a domain owns.</summary>
    public Holding Of(ushort domid) => _holdings.GetValueOrDefault(domid);

    /// <summary>Counts nodes and bytes as new (or gone, if negative).</summary>
    public void Add(ushort owner, int nodes, int bytes)
    {
        if (owner == 0)
            return;
        ref var holding = ref CollectionsMarshal.GetValueRefOrAddDefault(_holdings, owner, out _);
        holding = new(holding.Nodes + nodes, holding.Bytes + bytes);
        if (holding == default)
            _holdings.Remove(owner);
    }

    /// <summary>Counts a whole other ledger in: a transaction's changes at its commit.</summary>
    public void Add(NodeLedger changes)
    {
        foreach (var (owner, holding) in changes._holdings)
            Add(owner, holding.Nodes, holding.Bytes);
    }

    /// <summary>Nodes and their bytes.</summary>
    public readonly record struct Holding(int Nodes, int Bytes);
}
