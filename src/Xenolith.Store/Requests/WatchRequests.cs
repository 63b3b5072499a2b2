using Xenolith.Store.Journal;
using Xenolith.Store.Paths;
using Xenolith.Store.Quotas;
using Xenolith.Store.Tree;
using Xenolith.Store.Watches;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Requests;

/// <summary>WATCH, UNWATCH and RESET_WATCHES.</summary>
internal sealed class WatchRequests(StoreTree tree, WatchTable watches, QuotaGuard guard)
{
    private readonly PathBuffer _paths = new();

    /// <summary>Where the watches of domains and monitors are recorded.</summary>
    public IStoreJournal Journal { get; set; } = new NoJournal();

    /// <summary>WATCH: sets a watch, and fires it once.</summary>
    public StoreError Watch(StoreConnection connection, ReadOnlySpan<byte> payload, Reply reply)
    {
        var strings = new PayloadStrings(payload);
        if (!strings.TryTake(out var name) || !strings.TryTake(out var token))
            return StoreError.EINVAL;
        var depth = -1;
        if (strings.TryTake(out var levels))
        {
            depth = PayloadStrings.LeadingNumber(levels);
            if (depth < 0 || strings.Rest.Contains((byte)0) || ((connection.Domain?.Features ?? WireLimits.ServerFeatures) & WireLimits.WatchDepthFeature) == 0)
                return StoreError.EINVAL;
        }

        if (!Resolve(connection, name, out var path, out var prefix))
            return StoreError.EINVAL;
        var watcher = connection.Watcher;
        if (watches.Find(watcher, path, token) is { } present)
        {
            if (!present.Restored)
                return StoreError.EEXIST;
            present.Restored = false;
            return Acknowledge(present, reply);
        }

        var error = guard.CheckWatch(connection.Domain, tree, path.Bytes.Length + token.Length, path);
        if (error != StoreError.None)
            return error;
        if (watcher.DurableName is { } durable && !Journal.Watch(durable, path.Bytes, prefix, token, depth))
            return StoreError.EIO;
        return Acknowledge(watches.Add(watcher, path, prefix, token, depth), reply);
    }

    /// <summary>UNWATCH.</summary>
    public StoreError Unwatch(StoreConnection connection, ReadOnlySpan<byte> payload, Reply reply)
    {
        var strings = new PayloadStrings(payload);
        if (!strings.TryTake(out var name) || !strings.TryTake(out var token) || !Resolve(connection, name, out var path, out _))
            return StoreError.EINVAL;
        if (watches.Find(connection.Watcher, path, token) is not { } watch)
            return StoreError.ENOENT;
        if (connection.Watcher.DurableName is { } durable && !Journal.Unwatch(durable, path.Bytes, token))
            return StoreError.EIO;
        watches.Remove(watch);
        return reply.Ok();
    }

    /// <summary>RESET_WATCHES: all of the caller's watches and transactions.</summary>
    public StoreError Reset(StoreConnection connection, Reply reply)
    {
        if (connection.Watcher is { DurableName: { } durable, Watches.Count: > 0 } && !Journal.ResetWatches(durable))
            return StoreError.EIO;
        watches.RemoveAll(connection.Watcher);
        connection.CloseTransactions();
        return reply.Ok();
    }

    private bool Resolve(StoreConnection connection, ReadOnlySpan<byte> name, out StorePath path, out int prefix)
    {
        var limit = connection.Domain?.Usage.Limit(Quota.PathMax) is > 0 and var own ? own : WireLimits.AbsolutePath;
        return _paths.TryResolve(name, connection.Actor.Domid, limit, true, out path, out prefix);
    }

    private static StoreError Acknowledge(Watch watch, Reply reply)
    {
        reply.Ok();
        watch.Watcher.Send(watch, watch.Path);
        return StoreError.None;
    }
}
