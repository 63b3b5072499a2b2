using System.Collections.Immutable;
using Xenolith.Store.Wire;

namespace Xenolith.Tests.Unit.Store.Model;

/// <summary>A node of the model: its value and its permissions as the protocol writes them, <c>n5</c>, <c>r6</c>.</summary>
internal sealed record ModelNode(string Value, ImmutableArray<string> Permissions)
{
    public int Owner => int.Parse(Permissions[0][1..]);

    /// <summary>Whether an actor may do all of what the letters say: <c>r</c>, <c>w</c>, and <c>o</c> for what only the owner may.</summary>
    public bool Allows(int actor, string wanted) => actor == 0 || wanted.All(letter => Rights(actor).Contains(letter));

    /// <summary>What an actor may.</summary>
    public string Rights(int actor) => actor == Owner ? "rwo" : (Permissions.Skip(1).FirstOrDefault(p => p[1..] == $"{actor}") ?? Permissions[0])[0] switch
    {
        'r' => "r",
        'w' => "w",
        'b' => "rw",
        _ => string.Empty,
    };
}

/// <summary>The model's tree: every path with its node, and the protocol's rules as plainly as they can be said. A value, so a snapshot is free.</summary>
/// <param name="Nodes">The nodes.</param>
/// <param name="OwnedElsewhere">Of a transaction's tree: nodes that a domain was given in the store's tree since it began, which its quota counts too.</param>
internal sealed record ModelTree(ImmutableSortedDictionary<string, ModelNode> Nodes, int OwnedElsewhere = 0)
{
    /// <summary>Most nodes a domain may own, and most permissions it may give a node.</summary>
    public const int MostNodes = 12, MostPermissions = 5;

    /// <summary>Nodes of an owner.</summary>
    public int Owned(int domid) => Nodes.Values.Count(n => n.Owner == domid) + OwnedElsewhere;

    public ModelNode? Find(string path) => Nodes.GetValueOrDefault(path);

    public static string Parent(string path) => path.LastIndexOf('/') is > 0 and var slash ? path[..slash] : "/";

    public IEnumerable<string> Children(string path) =>
        from other in Nodes.Keys
        where other != "/" && Parent(other) == path
        select other[(other.LastIndexOf('/') + 1)..];

    /// <summary>What a request is answered, what the tree is afterwards, and the path that changed, if any did.</summary>
    public (string Answer, ModelTree After, string? Changed) Do(int actor, MessageType type, string path, string argument)
    {
        var node = Find(path);
        var wanted = type switch
        {
            MessageType.Write or MessageType.Mkdir or MessageType.Remove => "w",
            MessageType.SetPermissions => "wo",
            _ => "r",
        };
        if (Refusal(actor, path, wanted) is { } refusal && !(refusal == "ENOENT" && type is MessageType.Write or MessageType.Mkdir or MessageType.Remove))
        {
            return (refusal, this, null);
        }

        switch (type)
        {
            case MessageType.Read:
                return (node!.Value, this, null);
            case MessageType.Directory:
                return (string.Concat(Children(path).Select(name => name + "\0")), this, null);
            case MessageType.GetPermissions:
                return (string.Concat(node!.Permissions.Select(p => p + "\0")), this, null);
            case MessageType.Mkdir when node is not null:
                return ("OK\0", this, null);
            case MessageType.Remove when node is null:
                return (Find(Parent(path)) is null ? "ENOENT" : "OK\0", this, null);
            case MessageType.Remove:
                return ("OK\0", this with { Nodes = Nodes.RemoveRange(Nodes.Keys.Where(p => p == path || p.StartsWith(path + "/", StringComparison.Ordinal))) }, path);
            case MessageType.SetPermissions:
                ImmutableArray<string> permissions = [.. argument.Split('\0', StringSplitOptions.RemoveEmptyEntries)];
                var given = new ModelNode(node!.Value, permissions);
                return actor != 0 && given.Owner != node.Owner ? ("EPERM", this, null)
                    : actor != 0 && permissions.Length > MostPermissions ? ("ENOSPC", this, null)
                    : ("OK\0", this with { Nodes = Nodes.SetItem(path, given) }, path);
            default:
                return Put(actor, path, type == MessageType.Mkdir ? string.Empty : argument);
        }
    }

    private string? Refusal(int actor, string path, string wanted)
    {
        var nearest = path;
        while (Find(nearest) is null)
        {
            nearest = Parent(nearest);
        }

        var node = Find(nearest)!;
        return nearest == path ? (node.Allows(actor, wanted) ? null : "EACCES")
            : actor == 0 || node.Rights(actor).Any(wanted.Contains) ? "ENOENT"
            : "EACCES";
    }

    private (string Answer, ModelTree After, string? Changed) Put(int actor, string path, string value)
    {
        var nodes = Nodes;
        var missing = new Stack<string>();
        for (var at = path; !nodes.ContainsKey(at); at = Parent(at))
        {
            missing.Push(at);
        }

        if (actor != 0 && missing.Count > 0 && Owned(actor) + missing.Count > MostNodes)
        {
            return ("ENOSPC", this, null);
        }

        foreach (var fresh in missing)
        {
            var inherited = nodes[Parent(fresh)].Permissions;
            nodes = nodes.Add(fresh, new(string.Empty, actor == 0 ? inherited : inherited.SetItem(0, $"{inherited[0][0]}{actor}")));
        }

        return ("OK\0", this with { Nodes = nodes.SetItem(path, nodes[path] with { Value = value }) }, path);
    }
}
