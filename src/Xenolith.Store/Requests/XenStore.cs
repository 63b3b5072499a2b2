using Xenolith.Store.Journal;
using Xenolith.Store.Quotas;
using Xenolith.Store.Transactions;
using Xenolith.Store.Tree;
using Xenolith.Store.Watches;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Requests;

/// <summary>
/// The store without sockets and files: connections put requests in and take replies and events out. One thread at a time uses it; every
/// request is answered, and all it causes is queued, before <see cref="Answer"/> returns.
/// </summary>
internal sealed class XenStore
{
    private readonly TimeProvider _time;
    private readonly QuotaGuard _guard;
    private readonly NodeRequests _nodes;
    private readonly StoreSink _sink;
    private readonly WatchRequests _watchRequests;
    private readonly TransactionRequests _transactions;
    private readonly ControlRequests _control;
    private int _connectionNumber;

    /// <summary>A store with an empty tree and no journal.</summary>
    public XenStore(IStoreLog log, TimeProvider time, ulong firstGeneration = 1)
    {
        Log = log;
        _time = time;
        var clock = new TreeClock(firstGeneration);
        Tree = new StoreTree(clock);
        _guard = new QuotaGuard(log, time);
        _nodes = new NodeRequests(_guard);
        _sink = new StoreSink(Tree, Watches);
        Domains = new DomainTable(Limits);
        Quotas = new QuotaRequests(Limits, Domains);
        DomainEvents = new DomainRequests(Tree, Watches, Domains);
        _watchRequests = new WatchRequests(Tree, Watches, _guard);
        _transactions = new TransactionRequests(Tree, clock, Watches, _nodes, _guard);
        _control = new ControlRequests(this);
    }

    /// <summary>What an administrator should know goes here.</summary>
    public IStoreLog Log { get; }

    /// <summary>The nodes.</summary>
    public StoreTree Tree { get; }

    /// <summary>The watches.</summary>
    public WatchTable Watches { get; } = new();

    /// <summary>The limits for domains.</summary>
    public QuotaLimits Limits { get; } = new();

    /// <summary>The domains.</summary>
    public DomainTable Domains { get; }

    /// <summary>Requests about quotas.</summary>
    public QuotaRequests Quotas { get; }

    /// <summary>Requests about domains.</summary>
    public DomainRequests DomainEvents { get; }

    /// <summary>Connections that are open.</summary>
    public int ConnectionCount { get; private set; }

    /// <summary>Whether each request is named in the log.</summary>
    public bool TracesRequests { get; set; }

    /// <summary>From now on changes are recorded there.</summary>
    /// <param name="journal">The journal.</param>
    /// <param name="run">A number that differs from that of the last runs with the same journal.</param>
    public void RecordIn(IStoreJournal journal, uint run)
    {
        _sink.Journal = _watchRequests.Journal = _transactions.Journal = DomainEvents.Journal = Quotas.Journal = journal;
        _transactions.SetRun(run);
    }

    /// <summary>A new connection of the control domain.</summary>
    public StoreConnection Connect(Action<StoreConnection> needsFlush)
    {
        ConnectionCount++;
        return new StoreConnection(++_connectionNumber, needsFlush);
    }

    /// <summary>Ends a connection with its transactions, and its watches unless they are a domain's.</summary>
    public void Disconnect(StoreConnection connection)
    {
        ConnectionCount--;
        connection.CloseTransactions();
        connection.Output.Clear();
        var watcher = connection.Watcher;
        if (watcher.Connection != connection)
            return;
        watcher.Connection = null;
        if (connection.Domain is null)
            Watches.RemoveAll(watcher);
    }

    /// <summary>Whether the client must wait before its next request is served.</summary>
    public bool MustWait(StoreConnection connection) =>
        (connection.IsBacklogged && _guard.NoteBacklog(connection)) || (connection.Domain is { } domain && !domain.Budget.TryTake(_time.GetTimestamp() * 1000 / _time.TimestampFrequency));

    /// <summary>Answers a request; the reply, and all events it causes, are in the connections' outputs afterwards.</summary>
    public void Answer(StoreConnection connection, in MessageHeader header, ReadOnlySpan<byte> payload)
    {
        var reply = new Reply(connection.Output, header.Type, header.RequestId, header.TransactionId);
        var error = Dispatch(connection, header, payload, reply);
        if (error != StoreError.None)
            reply.Fail(error);
        connection.Unread++;
        if (TracesRequests)
            Log.Note($"connection {connection.Number} domain {connection.Actor.Domid} {header.Type} tx {header.TransactionId} {payload.Length} bytes: {error}");
        connection.NeedsFlush();
    }

    /// <summary>Makes a recorded change again.</summary>
    public void Redo(MessageType type, in Permissions.Actor actor, ReadOnlySpan<byte> payload) => _nodes.Redo(new NodeCall
    {
        Type = type,
        Payload = payload,
        Actor = actor,
        Domain = null,
        Tree = Tree,
        Sink = _sink,
        Reply = default,
    });

    private StoreError Dispatch(StoreConnection connection, in MessageHeader header, ReadOnlySpan<byte> payload, Reply reply)
    {
        var type = header.Type;
        if (IsPrivileged(type) && !connection.Actor.IsPrivileged)
            return StoreError.EACCES;
        Transaction? transaction = null;
        if (header.TransactionId != 0 && type is not (MessageType.Watch or MessageType.Unwatch))
        {
            transaction = _transactions.Find(connection, header.TransactionId);
            if (transaction is null)
                return IsKnown(type) ? StoreError.ENOENT : StoreError.ENOSYS;
        }

        if (NodeRequests.Handles(type))
        {
            if (transaction is not null)
                return _transactions.Answer(connection, transaction, type, payload, reply);
            return _nodes.Answer(new NodeCall
            {
                Type = type,
                Payload = payload,
                Actor = connection.Actor,
                Domain = connection.Domain,
                Tree = Tree,
                Sink = _sink,
                Reply = reply,
            });
        }

        return type switch
        {
            MessageType.Watch => _watchRequests.Watch(connection, payload, reply),
            MessageType.Unwatch => _watchRequests.Unwatch(connection, payload, reply),
            MessageType.ResetWatches => _watchRequests.Reset(connection, reply),
            MessageType.TransactionStart => transaction is null ? _transactions.Start(connection, reply) : StoreError.EBUSY,
            MessageType.TransactionEnd => transaction is null ? StoreError.ENOENT : _transactions.End(connection, transaction, payload, reply),
            MessageType.Introduce => DomainEvents.Introduce(payload, reply),
            MessageType.Release => DomainEvents.Release(payload, reply),
            MessageType.Resume => DomainEvents.Resume(payload, reply),
            MessageType.SetTarget => DomainEvents.SetTarget(payload, reply),
            MessageType.IsDomainIntroduced => DomainEvents.IsIntroduced(payload, reply),
            MessageType.GetDomainPath => DomainRequests.Path(payload, reply),
            MessageType.GetFeature => DomainEvents.GetFeature(connection, payload, reply),
            MessageType.SetFeature => DomainEvents.SetFeature(payload, reply),
            MessageType.GetQuota => Quotas.Get(payload, reply),
            MessageType.SetQuota => Quotas.Set(payload, reply),
            MessageType.Control => _control.Answer(connection, payload, reply),
            _ => StoreError.ENOSYS,
        };
    }

    private static bool IsPrivileged(MessageType type) => type is MessageType.Control or MessageType.Introduce or MessageType.Release or MessageType.Resume
        or MessageType.SetTarget or MessageType.IsDomainIntroduced or MessageType.SetFeature or MessageType.GetQuota or MessageType.SetQuota;

    private static bool IsKnown(MessageType type) => type <= MessageType.SetQuota && type is not (MessageType.WatchEvent or MessageType.Error or (MessageType)20);
}
