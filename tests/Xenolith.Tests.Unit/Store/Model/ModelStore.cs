using Xenolith.Store.Client;
using Xenolith.Store.Wire;

namespace Xenolith.Tests.Unit.Store.Model;

/// <summary>A store as simple as it can be: one tree, a list of watches, and transactions that are lists of requests with their answers.</summary>
internal sealed class ModelStore(ModelTree tree)
{
    /// <summary>Most watches of a domain.</summary>
    public const int MostWatches = 3;

    private readonly List<(ModelClient Client, string Path, string Token, int Depth)> _watches = [];

    /// <summary>The tree as all see it.</summary>
    public ModelTree Tree { get; private set; } = tree;

    /// <summary>A request outside a transaction, or in the client's own.</summary>
    public string Do(ModelClient client, bool inTransaction, MessageType type, string path, string argument)
    {
        if (inTransaction)
        {
            return client.Transaction!.Do(type, path, argument, Tree.Owned(client.Domid) - client.Transaction.Start.Owned(client.Domid));
        }

        var before = Tree;
        var (answer, after, changed) = before.Do(client.Domid, type, path, argument);
        Tree = after;
        if (changed is not null)
        {
            Fire(changed, before, type == MessageType.Remove);
        }

        return answer;
    }

    public void Start(ModelClient client) => client.Transaction = new(client.Domid, Tree);

    /// <summary>Takes the changes over if every request would be answered now as it was.</summary>
    public string End(ModelClient client, bool commit)
    {
        var transaction = client.Transaction!;
        client.Transaction = null;
        if (!commit || transaction.Changes.Count == 0)
        {
            return "OK\0";
        }

        var again = new ModelTransaction(client.Domid, Tree);
        if (transaction.Requests.Any(r => again.Do(r.Type, r.Path, r.Argument, 0) != r.Answer))
        {
            return "EAGAIN";
        }

        Tree = again.Tree;
        foreach (var (path, before, removed) in again.Changes)
        {
            Fire(path, before, removed);
        }

        return "OK\0";
    }

    public string Watch(ModelClient client, string path, string token, int depth)
    {
        if (_watches.Exists(w => w.Client == client && w.Path == path && w.Token == token))
        {
            return "EEXIST";
        }

        if (client.Domid != 0 && _watches.Count(w => w.Client == client) == MostWatches)
        {
            return "ENOSPC";
        }

        _watches.Add((client, path, token, depth));
        client.Expected.Add(new(path, token));
        return "OK\0";
    }

    public string Unwatch(ModelClient client, string path, string token) =>
        _watches.RemoveAll(w => w.Client == client && w.Path == path && w.Token == token) > 0 ? "OK\0" : "ENOENT";

    // A watch hears of its own path and of what is below it, as deep as it wants; one below a removed node hears that its own path went.
    private void Fire(string changed, ModelTree before, bool removed)
    {
        foreach (var (client, path, token, depth) in _watches)
        {
            if (removed && path != changed && path.StartsWith(changed + "/", StringComparison.Ordinal))
            {
                if (CanRead(client, before.Find(path)) || (before.Find(path) is not null && CanRead(client, before.Find(ModelTree.Parent(path)))))
                {
                    client.Expected.Add(new(path, token));
                }
            }
            else if ((path == changed || path == "/" || changed.StartsWith(path + "/", StringComparison.Ordinal))
                && (depth < 0 || Levels(changed) - Levels(path) <= depth)
                && (client.Domid == 0 || CanRead(client, before.Find(changed)) || CanRead(client, Tree.Find(changed)) || CanRead(client, Tree.Find(ModelTree.Parent(changed)))))
            {
                client.Expected.Add(new(changed, token));
            }
        }
    }

    private static bool CanRead(ModelClient client, ModelNode? node) => node is not null && node.Allows(client.Domid, "r");

    private static int Levels(string path) => path == "/" ? 0 : path.Count(c => c == '/');
}

/// <summary>Whoever has a connection: a domain, or the control domain.</summary>
internal sealed class ModelClient(int domid)
{
    public int Domid => domid;

    public ModelTransaction? Transaction { get; set; }

    /// <summary>Events that are to come.</summary>
    public List<StoreEvent> Expected { get; } = [];
}

/// <summary>A transaction: a tree of its own, what was asked and answered, and what changed, each path once.</summary>
internal sealed class ModelTransaction(int domid, ModelTree tree)
{
    /// <summary>The store's tree when it began.</summary>
    public ModelTree Start { get; } = tree;

    public ModelTree Tree { get; private set; } = tree;

    public List<(MessageType Type, string Path, string Argument, string Answer)> Requests { get; } = [];

    public List<(string Path, ModelTree Before, bool Removed)> Changes { get; } = [];

    public string Do(MessageType type, string path, string argument, int ownedElsewhere)
    {
        var before = Tree with { OwnedElsewhere = ownedElsewhere };
        var (answer, after, changed) = before.Do(domid, type, path, argument);
        Tree = after;
        Requests.Add((type, path, argument, answer));
        var earlier = Changes.FindIndex(c => c.Path == changed);
        if (changed is not null && earlier < 0)
        {
            Changes.Add((changed, before, type == MessageType.Remove));
        }
        else if (type == MessageType.Remove && changed is not null && !Changes[earlier].Removed)
        {
            Changes[earlier] = (changed, before, true);
        }

        return answer;
    }
}
