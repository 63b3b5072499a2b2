using System.Text;
using Xenolith.Store.Paths;
using Xenolith.Store.Requests;
using Xenolith.Store.Tree;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Quotas;

/// <summary>Refuses what a domain's quotas do not allow, and says so in the log with the domain, the quota and the path.</summary>
internal sealed class QuotaGuard(IStoreLog log, TimeProvider time)
{
    /// <summary>A domain that keeps hitting its quotas is named in the log once in this time, in milliseconds.</summary>
    private const long ReportInterval = 10_000;

    /// <summary>Bytes that Xen's own node header counts in a node's size.</summary>
    private const int NodeHeader = 16;

    /// <summary>Bytes of one permission entry in Xen's count of a node's size.</summary>
    private const int PermissionEntry = 8;

    /// <summary>Whether the domain may own that many more nodes and bytes.</summary>
    public StoreError CheckGrowth(Domain domain, StoreTree tree, int nodes, int bytes, StorePath path)
    {
        var held = tree.HoldingOf(domain.Domid);
        if (nodes > 0 && !domain.Usage.Allows(Quota.Nodes, held.Nodes + nodes))
            return Refuse(domain, Quota.Nodes, path.Bytes);
        return CheckMemory(domain, held.Bytes + bytes, path.Bytes);
    }

    /// <summary>Whether a node may be that large.</summary>
    public StoreError CheckSize(Domain? domain, Node node, int permissions, int valueLength, StorePath path)
    {
        if (domain is null)
            return StoreError.None;
        var size = NodeHeader + permissions * PermissionEntry + valueLength + (node.Exists ? node.Branch?.NameBytes ?? 0 : 0);
        return domain.Usage.Allows(Quota.NodeSize, size) ? StoreError.None : Refuse(domain, Quota.NodeSize, path.Bytes);
    }

    /// <summary>Whether a node may have that many permissions.</summary>
    public StoreError CheckPermissions(Domain? domain, int count, StorePath path) =>
        domain is null || domain.Usage.Allows(Quota.NodePermissions, count) ? StoreError.None : Refuse(domain, Quota.NodePermissions, path.Bytes);

    /// <summary>Whether the domain may set one more watch.</summary>
    public StoreError CheckWatch(Domain? domain, StoreTree tree, int bytes, StorePath path)
    {
        if (domain is null)
            return StoreError.None;
        if (!domain.Usage.Allows(Quota.Watches, domain.Watcher.Watches.Count + 1))
            return Refuse(domain, Quota.Watches, path.Bytes);
        return CheckMemory(domain, tree.HoldingOf(domain.Domid).Bytes + bytes, path.Bytes);
    }

    /// <summary>Whether the domain may have that many transactions open.</summary>
    public StoreError CheckTransactions(Domain? domain, int open) =>
        domain is null || domain.Usage.Allows(Quota.Transactions, open) ? StoreError.None : Refuse(domain, Quota.Transactions, []);

    /// <summary>Whether a transaction may make that many requests, of that many bytes.</summary>
    public StoreError CheckRequests(Domain? domain, StoreTree tree, int count, int bytes)
    {
        if (domain is null)
            return StoreError.None;
        if (!domain.Usage.Allows(Quota.TransactionNodes, count))
            return Refuse(domain, Quota.TransactionNodes, []);
        return CheckMemory(domain, tree.HoldingOf(domain.Domid).Bytes + bytes, []);
    }

    /// <summary>Says in the log that a domain must read its replies before it is served on. Always true.</summary>
    public bool NoteBacklog(StoreConnection connection)
    {
        if (connection.Domain is { } domain)
            Refuse(domain, Quota.Outstanding, []);
        return true;
    }

    private StoreError CheckMemory(Domain domain, int nodeBytes, ReadOnlySpan<byte> path)
    {
        var use = nodeBytes + domain.Watcher.Bytes + (domain.Watcher.Connection?.Output.Length ?? 0);
        return domain.Usage.Allows(Quota.Memory, use) ? StoreError.None : Refuse(domain, Quota.Memory, path);
    }

    private StoreError Refuse(Domain domain, Quota quota, ReadOnlySpan<byte> path)
    {
        var now = time.GetTimestamp() / (time.TimestampFrequency / 1000);
        if (now - domain.Usage.ReportedAt >= ReportInterval)
        {
            domain.Usage.ReportedAt = now;
            var kind = QuotaKind.All[(int)quota];
            var where = path.IsEmpty ? "" : $" at {Encoding.UTF8.GetString(path)}";
            log.Warn($"domain {domain.Domid} hit its quota of {kind.Name} ({domain.Usage.Limit(quota)}){where}; raise it with: xenstore-control quota set {kind.Name} N");
        }

        return StoreError.ENOSPC;
    }
}
