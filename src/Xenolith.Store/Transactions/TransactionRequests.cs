using System.Buffers.Text;
using Xenolith.Store.Journal;
using Xenolith.Store.Quotas;
using Xenolith.Store.Requests;
using Xenolith.Store.Tree;
using Xenolith.Store.Watches;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Transactions;

/// <summary>
/// Begins and ends transactions. A commit on a tree that nobody changed meanwhile takes the transaction's tree over. On a changed one it
/// repeats the requests, once on the tree as it was and once on the tree as it is: if every answer is the same, the outcome is what it
/// would have been had the transaction run just now, and it is committed so; if not, the conflict is real, and it answers EAGAIN.
/// </summary>
internal sealed class TransactionRequests(StoreTree main, TreeClock clock, WatchTable watches, NodeRequests nodes, QuotaGuard guard)
{
    /// <summary>Bits of an id that count within one run of the store; the others tell the runs apart.</summary>
    private const int RunShift = 20;

    /// <summary>Bytes of requests that one transaction of a socket client may make.</summary>
    private const int MaxLog = 64 * 1024 * 1024;

    private readonly TransactionSink _sink = new();
    private readonly OutputQueue _replyThen = new();
    private readonly OutputQueue _replyNow = new();
    private uint _run = 1;
    private uint _next;

    /// <summary>Where commits are recorded.</summary>
    public IStoreJournal Journal { get; set; } = new NoJournal();

    /// <summary>Which run of the store this is: ids of earlier runs are recognised.</summary>
    public void SetRun(uint run) => _run = Math.Max(1, run & 0x7ff);

    /// <summary>Finds the transaction of a request; one from before a restart is opened again, to end in EAGAIN.</summary>
    public Transaction? Find(StoreConnection connection, uint id)
    {
        if (connection.FindTransaction(id) is { } transaction)
            return transaction;
        if (connection.Watcher.DurableName is null || id >> RunShift == _run || id >> RunShift == 0)
            return null;
        if (guard.CheckTransactions(connection.Domain, connection.TransactionCount + 1) != StoreError.None)
            return null;
        transaction = new Transaction(id, main, clock, isDoomed: true);
        connection.Open(transaction);
        return transaction;
    }

    /// <summary>TRANSACTION_START.</summary>
    public StoreError Start(StoreConnection connection, Reply reply)
    {
        var error = guard.CheckTransactions(connection.Domain, connection.TransactionCount + 1);
        if (error != StoreError.None)
            return error;
        uint id;
        do
        {
            _next = (_next + 1) & ((1u << RunShift) - 1);
            id = _run << RunShift | _next;
        }
        while (connection.FindTransaction(id) is not null);

        connection.Open(new Transaction(id, main, clock, isDoomed: false));
        Span<byte> text = stackalloc byte[11];
        Utf8Formatter.TryFormat(id, text, out var digits);
        text[digits] = 0;
        return reply.Send(text[..(digits + 1)]);
    }

    /// <summary>A request about nodes in a transaction.</summary>
    public StoreError Answer(StoreConnection connection, Transaction transaction, MessageType type, ReadOnlySpan<byte> payload, Reply reply)
    {
        var error = guard.CheckRequests(connection.Domain, transaction.Tree, transaction.Log.Count + 1, transaction.Log.Bytes);
        if (error != StoreError.None)
            return error;
        if (transaction.Log.Bytes > MaxLog)
            return StoreError.ENOSPC;
        _sink.Changes = transaction.Changes;
        _sink.HasChanged = false;
        error = nodes.Answer(Call(connection, connection.Domain, transaction.Tree, type, payload, reply));
        transaction.Log.Add(type, _sink.HasChanged, error, payload);
        return error;
    }

    /// <summary>TRANSACTION_END.</summary>
    public StoreError End(StoreConnection connection, Transaction transaction, ReadOnlySpan<byte> payload, Reply reply)
    {
        var commit = payload.SequenceEqual("T\0"u8);
        if (!commit && !payload.SequenceEqual("F\0"u8))
            return StoreError.EINVAL;
        if (transaction.IsDoomed && connection.Watcher.LastCommitted == transaction.Id)
        {
            connection.Close(transaction);
            return reply.Ok();
        }

        var error = !commit || (!transaction.Log.HasChanges && !transaction.IsDoomed) ? StoreError.None
            : transaction.IsDoomed ? StoreError.EAGAIN
            : Commit(connection, transaction);
        connection.Close(transaction);
        return error == StoreError.None ? reply.Ok() : error;
    }

    private StoreError Commit(StoreConnection connection, Transaction transaction)
    {
        if (main.IsSame(transaction.Base))
            return Take(connection, transaction, transaction.Tree, transaction.Changes);

        var then = transaction.Base.Snapshot();
        var now = main.Snapshot();
        try
        {
            var changes = new ChangeList();
            foreach (var request in transaction.Log)
            {
                if (!AnswersAlike(connection, request, then, now, changes))
                    return StoreError.EAGAIN;
            }

            return Take(connection, transaction, now, changes);
        }
        finally
        {
            then.Release();
            now.Release();
            _replyThen.Clear();
            _replyNow.Clear();
        }
    }

    private StoreError Take(StoreConnection connection, Transaction transaction, StoreTree tree, ChangeList changes)
    {
        var watcher = connection.Watcher;
        if (!Journal.Commit(transaction.Log, connection.Actor, watcher.DurableName, transaction.Id))
            return StoreError.EIO;
        main.Adopt(tree);
        watcher.LastCommitted = transaction.Id;
        changes.Fire(watches, main);
        return StoreError.None;
    }

    private bool AnswersAlike(StoreConnection connection, RequestLog.Entry request, StoreTree then, StoreTree now, ChangeList changes)
    {
        _replyThen.Clear();
        _replyNow.Clear();
        _sink.Changes = changes;
        var error = nodes.Answer(Call(connection, connection.Domain, now, request.Type, request.Payload, new Reply(_replyNow, request.Type, 0, 0)));
        if (error != request.Error || error != StoreError.None)
            return error == request.Error;
        // It was granted then, so no quota is in its way, whatever the domain has used up since.
        _sink.Changes = null;
        nodes.Answer(Call(connection, null, then, request.Type, request.Payload, new Reply(_replyThen, request.Type, 0, 0)));
        return Comparable(request.Type, _replyThen).SequenceEqual(Comparable(request.Type, _replyNow));
    }

    private static ReadOnlySpan<byte> Comparable(MessageType type, OutputQueue reply) =>
        type == MessageType.DirectoryPart && reply.Length > MessageHeader.Size ? reply.Pending[(MessageHeader.Size + reply.Pending[MessageHeader.Size..].IndexOf((byte)0))..] : reply.Pending;

    private NodeCall Call(StoreConnection connection, Domain? domain, StoreTree tree, MessageType type, ReadOnlySpan<byte> payload, Reply reply) => new()
    {
        Type = type,
        Payload = payload,
        Actor = connection.Actor,
        Domain = domain,
        Tree = tree,
        Sink = _sink,
        Reply = reply,
    };
}
