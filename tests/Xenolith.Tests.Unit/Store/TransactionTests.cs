using Xenolith.Store.Client;
using Xenolith.Store.Server;
using Xenolith.Store.Wire;

namespace Xenolith.Tests.Unit.Store;

/// <summary>Transactions see a snapshot, and end in EAGAIN only on conflicts that matter.</summary>
public class TransactionTests
{
    private readonly InProcessStore _store = new();

    [Fact]
    public void Changes_are_seen_inside_at_once_and_outside_after_the_commit()
    {
        using var client = _store.Connect();
        using var other = _store.Connect();
        var transaction = client.StartTransaction();
        client.Write("/t/a", "1", transaction);
        Assert.Equal("1", client.Read("/t/a", transaction));
        Assert.False(other.Exists("/t/a"));
        Assert.True(client.EndTransaction(transaction, commit: true));
        Assert.Equal("1", other.Read("/t/a"));
    }

    [Fact]
    public void An_abandoned_transaction_leaves_nothing()
    {
        using var client = _store.Connect();
        var transaction = client.StartTransaction();
        client.Write("/t/a", "1", transaction);
        Assert.True(client.EndTransaction(transaction, commit: false));
        Assert.False(client.Exists("/t/a"));
        Assert.Equal(StoreError.ENOENT, Assert.Throws<StoreException>(() => client.Read("/", transaction)).Error);
    }

    [Fact]
    public void A_snapshot_does_not_see_later_changes()
    {
        using var client = _store.Connect();
        client.Write("/t/a", "old");
        var transaction = client.StartTransaction();
        client.Write("/t/a", "new");
        client.Write("/t/b", "new");
        Assert.Equal("old", client.Read("/t/a", transaction));
        Assert.False(client.Exists("/t/b", transaction));
    }

    [Fact]
    public void A_read_that_would_differ_now_is_a_conflict()
    {
        using var client = _store.Connect();
        client.Write("/t/counter", "1");
        var transaction = client.StartTransaction();
        client.Write("/t/counter", client.Read("/t/counter", transaction) + "1", transaction);
        client.Write("/t/counter", "7");
        Assert.False(client.EndTransaction(transaction, commit: true));
        Assert.Equal("7", client.Read("/t/counter"));
    }

    [Fact]
    public void Changes_elsewhere_are_no_conflict_and_both_stay()
    {
        using var client = _store.Connect();
        client.Write("/t/a", "1");
        client.Write("/t/b", "1");
        var transaction = client.StartTransaction();
        Assert.Equal("1", client.Read("/t/a", transaction));
        client.Write("/t/a", "2", transaction);
        client.Write("/t/b", "2");
        Assert.True(client.EndTransaction(transaction, commit: true));
        Assert.Equal("2", client.Read("/t/a"));
        Assert.Equal("2", client.Read("/t/b"));
    }

    [Fact]
    public void A_directory_that_was_listed_and_changed_is_a_conflict()
    {
        using var client = _store.Connect();
        client.Mkdir("/t/x");
        var transaction = client.StartTransaction();
        Assert.Equal(["x"], client.List("/t", transaction));
        client.Write("/t/result", "one child", transaction);
        client.Mkdir("/t/y");
        Assert.False(client.EndTransaction(transaction, commit: true));
    }

    [Fact]
    public void A_transaction_that_only_reads_never_conflicts()
    {
        using var client = _store.Connect();
        client.Write("/t/a", "1");
        var transaction = client.StartTransaction();
        Assert.Equal("1", client.Read("/t/a", transaction));
        client.Write("/t/a", "2");
        Assert.True(client.EndTransaction(transaction, commit: true));
    }

    [Fact]
    public void Transactions_end_with_their_connection()
    {
        using var client = _store.Connect();
        using (var other = _store.Connect())
            other.Write("/t/a", "1", other.StartTransaction());
        Assert.Equal(0, _store.Store.Tree.Root.Branch!.Find("t"u8).Exists ? 1 : 0);
        client.Write("/after", "1");
        Assert.Equal("1", client.Read("/after"));
    }

    [Fact]
    public void A_transaction_inside_a_transaction_is_EBUSY_and_an_unknown_one_ENOENT()
    {
        using var client = _store.Connect();
        var transaction = client.StartTransaction();
        Assert.Equal(StoreError.EBUSY, client.TryAsk(MessageType.TransactionStart, transaction, "\0"u8, out _));
        Assert.Equal(StoreError.ENOENT, client.TryAsk(MessageType.Read, transaction + 1000, "/\0"u8, out _));
    }
}
