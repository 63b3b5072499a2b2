using System.Globalization;
using System.Text;
using Xenolith.Store.Requests;
using Xenolith.Store.Tree;

namespace Xenolith.Store.Quotas;

/// <summary>The quotas as <c>xenstore-control quota</c> shows them, in the columns of Xen's xenstored.</summary>
internal static class QuotaReport
{
    /// <summary>The limits that hold for all domains.</summary>
    public static string Settings(QuotaLimits limits)
    {
        var text = new StringBuilder("Quota settings:\n");
        foreach (var kind in QuotaKind.All)
            text.Append(CultureInfo.InvariantCulture, $"{kind.Name,-17}: {limits[kind.Quota],8} {kind.Meaning}\n");
        return text.ToString();
    }

    /// <summary>The limit that is only logged.</summary>
    public static string SoftSettings(QuotaLimits limits) =>
        string.Create(CultureInfo.InvariantCulture, $"Quota settings:\n{"memory",-17}: {limits.SoftMemory,8} Total Xenstore memory per domain\n");

    /// <summary>The largest use any domain made.</summary>
    public static string Peaks(QuotaLimits limits)
    {
        var text = new StringBuilder("Max. seen accounting values:\n");
        foreach (var kind in QuotaKind.All)
            text.Append(CultureInfo.InvariantCulture, $"{kind.Name,-17}: {limits.Peaks[(int)kind.Quota],8}\n");
        return text.ToString();
    }

    /// <summary>One domain's use now and at most.</summary>
    public static string Of(Domain domain, StoreTree tree)
    {
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"Domain {domain.Domid}:\n"));
        foreach (var kind in QuotaKind.All)
            text.Append(CultureInfo.InvariantCulture, $"{kind.Name,-17}: {Use(domain, tree, kind.Quota),8} (max {domain.Usage.Peak(kind.Quota),8})\n");
        return text.ToString();
    }

    private static int Use(Domain domain, StoreTree tree, Quota quota) => quota switch
    {
        Quota.Nodes => tree.HoldingOf(domain.Domid).Nodes,
        Quota.Watches => domain.Watcher.Watches.Count,
        Quota.Memory => tree.HoldingOf(domain.Domid).Bytes + domain.Watcher.Bytes + (domain.Watcher.Connection?.Output.Length ?? 0),
        Quota.Outstanding => domain.Watcher.Connection?.Unread ?? 0,
        Quota.Transactions => domain.Watcher.Connection?.TransactionCount ?? 0,
        _ => 0,
    };
}
