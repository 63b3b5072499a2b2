namespace Xenolith.Store.Quotas;

/// <summary>What a domain's use of the store is limited in.</summary>
internal enum Quota
{
    /// <summary>Nodes the domain owns.</summary>
    Nodes,

    /// <summary>Watches it has set.</summary>
    Watches,

    /// <summary>Replies it has not read yet.</summary>
    Outstanding,

    /// <summary>Bytes of its nodes, watches and unread replies.</summary>
    Memory,

    /// <summary>Open transactions.</summary>
    Transactions,

    /// <summary>Requests in one transaction.</summary>
    TransactionNodes,

    /// <summary>Entries of a node's permissions.</summary>
    NodePermissions,

    /// <summary>Bytes of a path below /local/domain/N.</summary>
    PathMax,

    /// <summary>Bytes of one node: value, permissions and its children's names.</summary>
    NodeSize,
}

/// <summary>One quota's name, default and meaning.</summary>
/// <param name="Quota">Which.</param>
/// <param name="Name">The name that commands use, as Xen's.</param>
/// <param name="Default">The limit unless it is set; 0 means none.</param>
/// <param name="Meaning">A description of it.</param>
internal sealed record QuotaKind(Quota Quota, string Name, int Default, string Meaning)
{
    /// <summary>All quotas with Xen's names, defaults and descriptions, in the order in which they are shown.</summary>
    public static IReadOnlyList<QuotaKind> All { get; } =
    [
        new(Quota.Nodes, "nodes", 1000, "Nodes per domain"),
        new(Quota.Watches, "watches", 128, "Watches per domain"),
        new(Quota.Outstanding, "outstanding", 20, "Outstanding requests per domain"),
        new(Quota.Memory, "memory", 2_621_440, "Total Xenstore memory per domain"),
        new(Quota.Transactions, "transactions", 10, "Active transactions per domain"),
        new(Quota.TransactionNodes, "transaction-nodes", 1024, "Max. number of accessed nodes per transaction"),
        new(Quota.NodePermissions, "node-permissions", 5, "Max. number of permissions per node"),
        new(Quota.PathMax, "path-max", 2048, "Max. length of a node path"),
        new(Quota.NodeSize, "node-size", 2048, "Max. size of a node"),
    ];

    /// <summary>The default limit of the soft memory quota, which is only logged.</summary>
    public const int SoftMemoryDefault = 2_097_152;

    /// <summary>The quota of that name, or null.</summary>
    public static QuotaKind? Find(ReadOnlySpan<byte> name)
    {
        foreach (var kind in All)
        {
            if (System.Text.Ascii.Equals(name, kind.Name))
                return kind;
        }

        return null;
    }
}
