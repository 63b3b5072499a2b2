using Xenolith.Store.Permissions;
using Xenolith.Store.Quotas;
using Xenolith.Store.Transactions;
using Xenolith.Store.Watches;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Requests;

/// <summary>
/// One client as the store sees it: in whose name it speaks, what it has open, and what waits to be sent to it. Knows nothing of sockets.
/// </summary>
internal sealed class StoreConnection
{
    /// <summary>Queued bytes from which on a client that does not read is not served either.</summary>
    private const int Backlog = 64 * 1024;

    private readonly Action<StoreConnection> _needsFlush;
    private Dictionary<uint, Transaction>? _transactions;

    /// <summary>Makes a connection of the control domain.</summary>
    /// <param name="number">A number for the log.</param>
    /// <param name="needsFlush">Called when something was put into the output.</param>
    public StoreConnection(int number, Action<StoreConnection> needsFlush)
    {
        Number = number;
        _needsFlush = needsFlush;
        Watcher = new Watcher(Actor.Control, durableName: null) { Connection = this };
    }

    /// <summary>A number for the log.</summary>
    public int Number { get; }

    /// <summary>Who hears of this connection's watches, and in whose name it acts.</summary>
    public Watcher Watcher { get; private set; }

    /// <summary>In whose name requests are made.</summary>
    public Actor Actor => Watcher.Actor;

    /// <summary>The domain whose ring this is, or null for a socket client.</summary>
    public Domain? Domain { get; private set; }

    /// <summary>Replies and events that wait to be sent.</summary>
    public OutputQueue Output { get; } = new();

    /// <summary>Whether a watch of this connection owes an event.</summary>
    public bool HasOverdue { get; set; }

    /// <summary>Whether the connection is to be ended because the client broke the protocol, was replaced, or hoards.</summary>
    public bool IsDoomed { get; private set; }

    /// <summary>Open transactions.</summary>
    public int TransactionCount => _transactions?.Count ?? 0;

    /// <summary>Replies put into the output since it was last empty.</summary>
    public int Unread { get; set; }

    /// <summary>Whether the client's socket took no more the last time.</summary>
    public bool IsBlocked { get; set; }

    /// <summary>Whether the client must first read what it was sent before more of its requests are served.</summary>
    public bool IsBacklogged => Output.Length > Backlog || (IsBlocked && Domain is { } domain && domain.Usage.Limit(Quota.Outstanding) is > 0 and var limit && Unread >= limit);

    /// <summary>Says that the output holds something.</summary>
    public void NeedsFlush() => _needsFlush(this);

    /// <summary>Makes this the connection of a domain's ring; what it was before is forgotten.</summary>
    public void Become(Domain domain)
    {
        Domain = domain;
        Speak(domain.Watcher);
    }

    /// <summary>Lets this connection speak as another watcher, whose earlier connection is ended.</summary>
    public void Speak(Watcher watcher)
    {
        if (watcher.Connection is { } earlier && earlier != this)
            earlier.Doom();
        Watcher.Connection = null;
        Watcher = watcher;
        watcher.Connection = this;
    }

    /// <summary>Marks the connection to be ended.</summary>
    public void Doom()
    {
        IsDoomed = true;
        NeedsFlush();
    }

    /// <summary>The open transaction of that id.</summary>
    public Transaction? FindTransaction(uint id) => _transactions is not null && _transactions.TryGetValue(id, out var transaction) ? transaction : null;

    /// <summary>Opens a transaction.</summary>
    public void Open(Transaction transaction) => (_transactions ??= []).Add(transaction.Id, transaction);

    /// <summary>Ends a transaction without committing it.</summary>
    public void Close(Transaction transaction)
    {
        if (_transactions is not null && _transactions.Remove(transaction.Id))
            transaction.Release();
    }

    /// <summary>Ends all transactions without committing them.</summary>
    public void CloseTransactions()
    {
        if (_transactions is null)
            return;
        foreach (var transaction in _transactions.Values)
            transaction.Release();
        _transactions.Clear();
    }
}
