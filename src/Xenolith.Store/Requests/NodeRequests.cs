using Xenolith.Store.Paths;
using Xenolith.Store.Permissions;
using Xenolith.Store.Quotas;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Requests;

/// <summary>Takes the payload of a request about nodes apart and has it answered.</summary>
internal sealed class NodeRequests(QuotaGuard guard)
{
    private readonly PathBuffer _paths = new();
    private readonly NodeWrites _writes = new(guard);
    private readonly byte[] _permissions = new byte[PackedPermissions.MaxEntries * PackedPermissions.EntrySize];

    /// <summary>Whether requests of this type are about nodes.</summary>
    public static bool Handles(MessageType type) => type is MessageType.Read or MessageType.Write or MessageType.Directory or MessageType.DirectoryPart
        or MessageType.Mkdir or MessageType.Remove or MessageType.GetPermissions or MessageType.SetPermissions;

    /// <summary>Answers the request, or returns the error to answer with.</summary>
    public StoreError Answer(in NodeCall call)
    {
        var strings = new PayloadStrings(call.Payload);
        if (!strings.TryTake(out var name))
            return StoreError.EINVAL;
        var special = call.Type is MessageType.GetPermissions or MessageType.SetPermissions;
        var limit = call.Domain?.Usage.Limit(Quota.PathMax) is > 0 and var own ? own : WireLimits.AbsolutePath;
        if (!_paths.TryResolve(name, call.Actor.Domid, limit, special, out var path, out _))
            return StoreError.EINVAL;

        switch (call.Type)
        {
            case MessageType.Write:
                return _writes.Write(call, path, strings.Rest);
            case MessageType.SetPermissions:
                return TryPermissions(strings, out var permissions) is var error && error != StoreError.None ? error : _writes.SetPermissions(call, path, permissions);
            case MessageType.DirectoryPart:
                return strings.TryTake(out var offset) && strings.Rest.IsEmpty ? NodeReads.DirectoryPart(call, path, PayloadStrings.LeadingNumber(offset)) : StoreError.EINVAL;
        }

        if (!strings.Rest.IsEmpty)
            return StoreError.EINVAL;
        return call.Type switch
        {
            MessageType.Read => NodeReads.Read(call, path),
            MessageType.Directory => NodeReads.Directory(call, path),
            MessageType.GetPermissions => NodeReads.GetPermissions(call, path),
            MessageType.Mkdir => _writes.Mkdir(call, path),
            MessageType.Remove => NodeWrites.Remove(call, path),
            _ => StoreError.ENOSYS,
        };
    }

    /// <summary>Makes a change again that was made before, without asking who may: when the journal is read.</summary>
    public void Redo(in NodeCall call)
    {
        var strings = new PayloadStrings(call.Payload);
        if (!strings.TryTake(out var name) || !_paths.TryResolve(name, call.Actor.Domid, WireLimits.AbsolutePath, true, out var path, out _))
            return;
        var exists = call.Tree.Find(path).Exists;
        if (call.Type == MessageType.Write || (call.Type == MessageType.Mkdir && !exists))
            call.Tree.Write(path, strings.Rest, call.Actor);
        else if (call.Type == MessageType.Remove && exists && !path.IsRoot)
            call.Tree.Remove(path);
        else if (call.Type == MessageType.SetPermissions && exists && TryPermissions(strings, out var permissions) == StoreError.None)
            call.Tree.SetPermissions(path, permissions);
    }

    private StoreError TryPermissions(PayloadStrings strings, out PackedPermissions permissions)
    {
        permissions = default;
        var count = 0;
        while (strings.TryTake(out var text))
        {
            if (!Permission.TryParse(text, out var permission))
                return StoreError.EINVAL;
            if (count == PackedPermissions.MaxEntries)
                return StoreError.ENOSPC;
            PackedPermissions.Put(_permissions.AsSpan(count++ * PackedPermissions.EntrySize), permission);
        }

        permissions = new(_permissions.AsSpan(0, count * PackedPermissions.EntrySize));
        return count == 0 ? StoreError.EINVAL : StoreError.None;
    }
}
