using Xenolith.Store.Quotas;
using Xenolith.Store.Requests;
using Xenolith.Store.Tree;
using Xenolith.Store.Watches;

namespace Xenolith.Store.Journal;

/// <summary>Writes a whole store into a new journal.</summary>
internal static class JournalSnapshot
{
    /// <summary>Writes everything; false if the disk is full.</summary>
    public static bool Write(XenStore store, JournalWriter to)
    {
        var complete = true;
        new TreeWalk((path, node) => complete = complete && to.Snapshot(path.Bytes, node)).Visit(store.Tree);
        foreach (var kind in QuotaKind.All)
            complete = complete && (store.Limits[kind.Quota] == kind.Default || to.Quota(null, (int)kind.Quota, store.Limits[kind.Quota]));
        foreach (var domain in store.Domains.All)
        {
            complete = complete && to.Domain(DomainRequests.Describe(domain));
            foreach (var (quota, limit) in domain.Usage.OwnLimits())
                complete = complete && to.Quota(domain.Domid, (int)quota, limit);
            complete = complete && Watches(domain.Watcher, to);
        }

        return complete;
    }

    private static bool Watches(Watcher watcher, JournalWriter to)
    {
        foreach (var watch in watcher.Watches)
        {
            if (!to.Watch(watcher.DurableName!, watch.Path, watch.PrefixLength, watch.Token, watch.Depth))
                return false;
        }

        return true;
    }
}
