using Xenolith.Store.Tree;

namespace Xenolith.Store.Transactions;

/// <summary>
/// A transaction: the tree as it was when it began, a tree of its own with its changes, and the requests it made. See <see cref="TransactionRequests"/>
/// for how it ends.
/// </summary>
internal sealed class Transaction
{
    private readonly TreeClock _clock;

    /// <summary>Begins a transaction on a tree.</summary>
    /// <param name="id">The id the client knows it by.</param>
    /// <param name="tree">The store's tree.</param>
    /// <param name="clock">Counts the snapshot.</param>
    /// <param name="isDoomed">It was open when the store restarted: what it is asked works, but it ends in EAGAIN.</param>
    public Transaction(uint id, StoreTree tree, TreeClock clock, bool isDoomed)
    {
        Id = id;
        IsDoomed = isDoomed;
        _clock = clock;
        Base = tree.Snapshot();
        Tree = Base.Snapshot();
    }

    /// <summary>The id the client knows it by.</summary>
    public uint Id { get; }

    /// <summary>Whether its end must answer EAGAIN.</summary>
    public bool IsDoomed { get; }

    /// <summary>The tree when it began; never changed.</summary>
    public StoreTree Base { get; }

    /// <summary>The tree with the transaction's own changes.</summary>
    public StoreTree Tree { get; }

    /// <summary>The requests it made.</summary>
    public RequestLog Log { get; } = new();

    /// <summary>What it changed.</summary>
    public ChangeList Changes { get; } = new();

    /// <summary>Gives its snapshots back.</summary>
    public void Release() => _clock.Snapshots -= 2;
}
