using System.Buffers.Text;
using Xenolith.Store.Paths;
using Xenolith.Store.Permissions;
using Xenolith.Store.Tree;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Requests;

/// <summary>The requests that only look at nodes.</summary>
internal static class NodeReads
{
    /// <summary>READ: the value.</summary>
    public static StoreError Read(in NodeCall call, StorePath path)
    {
        var error = NodeAccess.Check(call.Tree, path, call.Actor, AccessRights.Read, out var node, out _);
        return error == StoreError.None ? call.Reply.Send(node.Content.Value) : error;
    }

    /// <summary>GET_PERMS: the permissions, each as a string.</summary>
    public static StoreError GetPermissions(in NodeCall call, StorePath path)
    {
        var error = NodeAccess.Check(call.Tree, path, call.Actor, AccessRights.Read, out var node, out _);
        if (error != StoreError.None)
            return error;

        var permissions = node.Content.Permissions;
        var to = call.Reply.Begin(permissions.Count * 7);
        var length = 0;
        for (var i = 0; i < permissions.Count; i++)
        {
            length += permissions[i].Format(to[length..]);
            to[length++] = 0;
        }

        return call.Reply.End(length);
    }

    /// <summary>DIRECTORY: the children's names, E2BIG if they do not fit.</summary>
    public static StoreError Directory(in NodeCall call, StorePath path)
    {
        var error = NodeAccess.Check(call.Tree, path, call.Actor, AccessRights.Read, out var node, out _);
        if (error != StoreError.None)
            return error;
        if (node.Branch is not { } branch)
            return call.Reply.Send([]);
        var size = branch.NameBytes;
        if (size > WireLimits.Payload)
            return StoreError.E2BIG;
        var to = call.Reply.Begin(size);
        var length = ChildNames.Copy(branch, 0, to, size, out _);
        return call.Reply.End(length);
    }

    /// <summary>DIRECTORY_PART: the node's generation, and as many names from a byte offset on as fit; an empty one after the last.</summary>
    public static StoreError DirectoryPart(in NodeCall call, StorePath path, int offset)
    {
        var error = NodeAccess.Check(call.Tree, path, call.Actor, AccessRights.Read, out var node, out _);
        if (error != StoreError.None)
            return error;

        var to = call.Reply.Begin(WireLimits.Payload);
        Utf8Formatter.TryFormat(node.Branch?.Generation ?? 0UL, to, out var length);
        to[length++] = 0;
        var atEnd = true;
        if (node.Branch is { } branch && offset >= 0 && offset < branch.NameBytes)
            length += ChildNames.Copy(branch, offset, to[length..], WireLimits.Payload - length - 1, out atEnd);
        if (atEnd)
            to[length++] = 0;
        return call.Reply.End(length);
    }
}
