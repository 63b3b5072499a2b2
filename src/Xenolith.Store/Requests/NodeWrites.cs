using Xenolith.Store.Paths;
using Xenolith.Store.Permissions;
using Xenolith.Store.Quotas;
using Xenolith.Store.Tree;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Requests;

/// <summary>The requests that change nodes.</summary>
internal sealed class NodeWrites(QuotaGuard guard)
{
    /// <summary>WRITE: the value, with the node and its parents if they are missing.</summary>
    public StoreError Write(in NodeCall call, StorePath path, ReadOnlySpan<byte> value)
    {
        var error = NodeAccess.Check(call.Tree, path, call.Actor, AccessRights.Write, out var before, out var missing);
        if (error != StoreError.None && error != StoreError.ENOENT)
            return error;
        return Put(call, path, missing == 0 ? before : default, missing, before, value);
    }

    /// <summary>MKDIR: the node and its parents if they are missing.</summary>
    public StoreError Mkdir(in NodeCall call, StorePath path)
    {
        var error = NodeAccess.Check(call.Tree, path, call.Actor, AccessRights.Write, out var nearest, out var missing);
        if (error == StoreError.None)
            return call.Reply.Ok();
        return error == StoreError.ENOENT ? Put(call, path, default, missing, nearest, []) : error;
    }

    /// <summary>RM: the node with everything below it; nothing to do if only the node itself is missing.</summary>
    public static StoreError Remove(in NodeCall call, StorePath path)
    {
        var error = NodeAccess.Check(call.Tree, path, call.Actor, AccessRights.Write, out _, out var missing);
        if (error == StoreError.ENOENT && missing == 1)
            return call.Reply.Ok();
        if (error == StoreError.None && path.IsRoot)
            error = StoreError.EINVAL;
        if (error == StoreError.None)
            error = call.Sink.Record(call);
        if (error != StoreError.None)
            return error;

        var removed = call.Tree.Remove(path);
        call.Sink.Changed(path, removed, removed: true);
        return call.Reply.Ok();
    }

    /// <summary>SET_PERMS: all entries anew; only the control domain may name another owner.</summary>
    public StoreError SetPermissions(in NodeCall call, StorePath path, PackedPermissions permissions)
    {
        var error = NodeAccess.Check(call.Tree, path, call.Actor, AccessRights.Write | AccessRights.Owner, out var before, out _);
        if (error != StoreError.None)
            return error;
        if (!call.Actor.IsPrivileged && permissions.Owner != before.Content.Permissions.Owner)
            return StoreError.EPERM;
        error = guard.CheckPermissions(call.Domain, permissions.Count, path);
        if (error == StoreError.None)
            error = guard.CheckSize(call.Domain, before, permissions.Count, before.Content.Value.Length, path);
        if (error == StoreError.None)
            error = call.Sink.Record(call);
        if (error != StoreError.None)
            return error;

        // The watches need the permissions as they were, and the tree may change a branch in place.
        var old = new Node(before.Record);
        call.Tree.SetPermissions(path, permissions);
        call.Sink.Changed(path, old, removed: false);
        return call.Reply.Ok();
    }

    private StoreError Put(in NodeCall call, StorePath path, Node before, int missing, Node nearest, ReadOnlySpan<byte> value)
    {
        if (call.Domain is { } domain)
        {
            var error = guard.CheckSize(domain, before, nearest.Content.Permissions.Count, value.Length, path);
            if (error == StoreError.None)
                error = guard.CheckGrowth(domain, call.Tree, missing, path.Bytes.Length + value.Length, path);
            if (error != StoreError.None)
                return error;
        }

        var recorded = call.Sink.Record(call);
        if (recorded != StoreError.None)
            return recorded;
        call.Tree.Write(path, value, call.Actor);
        call.Sink.Changed(path, before, removed: false);
        return call.Reply.Ok();
    }
}
