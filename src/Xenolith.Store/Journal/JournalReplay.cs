using System.Text;
using Xenolith.Store.Paths;
using Xenolith.Store.Permissions;
using Xenolith.Store.Quotas;
using Xenolith.Store.Requests;
using Xenolith.Store.Watches;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Journal;

/// <summary>Makes a store what the records of a journal say.</summary>
internal sealed class JournalReplay(XenStore store)
{
    /// <summary>Applies one record; false if it makes no sense.</summary>
    public bool TryApply(ReadOnlySpan<byte> body)
    {
        try
        {
            var record = new RecordReader(body);
            return Apply((RecordKind)record.Byte(), record);
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private bool Apply(RecordKind kind, RecordReader record)
    {
        switch (kind)
        {
            case RecordKind.Node:
                var type = (MessageType)record.Byte();
                var actor = ActorOf(record.Short());
                store.Redo(type, actor, record.Rest);
                return true;
            case RecordKind.Commit:
                Commit(record);
                return true;
            case RecordKind.Snapshot:
                Snapshot(record);
                return true;
            case RecordKind.Watch:
                Watch(record);
                return true;
            case RecordKind.Unwatch:
                Unwatch(record);
                return true;
            case RecordKind.ResetWatches:
                store.Watches.RemoveAll(WatcherOf(record.Name()!));
                return true;
            case RecordKind.Domain:
                Domain(record);
                return true;
            case RecordKind.Release:
                if (store.Domains.TryFind(record.Short(), out var released))
                    store.DomainEvents.Forget(released);
                return true;
            case RecordKind.Quota:
                Quota(record);
                return true;
            default:
                return false;
        }
    }

    private void Commit(RecordReader record)
    {
        var actor = ActorOf(record.Short());
        var id = (uint)record.Int();
        if (record.Name() is { } watcher)
            WatcherOf(watcher).LastCommitted = id;
        while (!record.Rest.IsEmpty)
        {
            var type = (MessageType)record.Byte();
            store.Redo(type, actor, record.Bytes(record.Short()));
        }
    }

    private void Snapshot(RecordReader record)
    {
        var path = new StorePath(record.Bytes(record.Short()));
        var permissions = new PackedPermissions(record.Bytes(record.Byte() * PackedPermissions.EntrySize));
        store.Tree.Write(path, record.Rest, Actor.Control);
        if (!store.Tree.Find(path).Content.Permissions.Bytes.SequenceEqual(permissions.Bytes))
            store.Tree.SetPermissions(path, permissions);
    }

    private void Watch(RecordReader record)
    {
        var watcher = WatcherOf(record.Name()!);
        var prefix = record.Short();
        var depth = record.Int();
        var path = new StorePath(record.Bytes(record.Short()));
        if (store.Watches.Find(watcher, path, record.Rest) is null)
            store.Watches.Add(watcher, path, prefix, record.Rest, depth).Restored = true;
    }

    private void Unwatch(RecordReader record)
    {
        var watcher = WatcherOf(record.Name()!);
        var path = new StorePath(record.Bytes(record.Short()));
        if (store.Watches.Find(watcher, path, record.Rest) is { } watch)
            store.Watches.Remove(watch);
    }

    private void Domain(RecordReader record)
    {
        var domain = store.Domains.FindOrAdd(record.Short());
        var flags = record.Byte();
        domain.IsIntroduced = (flags & 1) != 0;
        domain.IsShutDown = (flags & 2) != 0;
        domain.Watcher.Actor = new Actor(domain.Domid, record.Short());
        domain.Features = (uint)record.Int();
    }

    private void Quota(RecordReader record)
    {
        var domid = record.Short();
        var isOwn = record.Byte() != 0;
        var quota = (Quota)record.Byte();
        if ((int)quota >= QuotaKind.All.Count)
            throw new ArgumentException("no such quota");
        if (isOwn)
            store.Domains.FindOrAdd(domid).Usage.SetLimit(quota, record.Int());
        else
            store.Limits[quota] = record.Int();
    }

    private Actor ActorOf(ushort domid) => store.Domains.TryFind(domid, out var domain) ? domain.Watcher.Actor : new Actor(domid, domid);

    private Watcher WatcherOf(string name)
    {
        if (!ushort.TryParse(name.AsSpan(name.IndexOf('/') + 1), out var domid))
            throw new ArgumentException($"no watcher is called {name}");
        return store.Domains.FindOrAdd(domid).Watcher;
    }
}
