using Xenolith.Store.Client;
using Xenolith.Store.Wire;

namespace Xenolith.Tests.Unit.Store;

/// <summary>What was answered survives the end of the process at any moment.</summary>
public sealed class JournalTests : IDisposable
{
    private readonly StoreDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Writes_removals_and_permissions_survive()
    {
        var client = _directory.Open().Connect();
        client.Write("/a/b", "1");
        client.Write("/a/c", "2");
        client.SetPermissions("/a/c", "n3", "r0");
        client.Remove("/a/b");
        client = _directory.Open().Connect();
        Assert.False(client.Exists("/a/b"));
        Assert.Equal("2", client.Read("/a/c"));
        Assert.Equal(["n3", "r0"], client.GetPermissions("/a/c").Select(p => p.ToString()));
        Assert.Equal("Domain-0", client.Read("/local/domain/0/name"));
    }

    [Fact]
    public void A_transaction_survives_whole_or_not_at_all()
    {
        var client = _directory.Open().Connect();
        client.Transact(t =>
        {
            client.Write("/t/1", "x", t);
            client.Write("/t/2", "y", t);
        });
        var open = client.StartTransaction();
        client.Write("/t/3", "z", open);
        client = _directory.Open().Connect();
        Assert.Equal(["1", "2"], client.List("/t"));
    }

    [Fact]
    public void Nodes_of_a_domain_keep_their_owner_and_count_in_its_quota()
    {
        var store = _directory.Open();
        var control = store.Connect();
        control.Mkdir("/local/domain/4");
        control.SetPermissions("/local/domain/4", "n4");
        store.Connect(4).Write("data/x", "1");
        var again = _directory.Open();
        Assert.Equal(["n4"], again.Connect().GetPermissions("/local/domain/4/data/x").Select(p => p.ToString()));
        Assert.Equal(3, again.Kept.Store.Tree.HoldingOf(4).Nodes);
    }

    [Fact]
    public void A_domains_watches_survive_and_fire_once_when_it_is_bound_again()
    {
        var store = _directory.Open();
        store.Connect().Introduce(5, 1, 1);
        var domain = store.Connect(5);
        domain.Watch("device", "w");
        domain.Watch("/gone", "g");
        domain.Unwatch("/gone", "g");
        var again = _directory.Open();
        Assert.True(again.Connect().IsIntroduced(5));
        domain = again.Connect(5);
        Assert.True(domain.TryNextEvent(out var happened));
        Assert.Equal(new StoreEvent("device", "w"), happened);
        Assert.False(domain.TryNextEvent(out _));
        domain.Watch("device", "w");
        Assert.Equal(StoreError.EEXIST, Assert.Throws<StoreException>(() => domain.Watch("device", "w")).Error);
    }

    [Fact]
    public void Watches_of_clients_that_are_no_domain_do_not_outlive_the_store()
    {
        var store = _directory.Open();
        store.Connect(5).Watch("device", "kept");
        store.Connect().Watch("/x", "lost");

        Assert.Equal(1, _directory.Open().Kept.Store.Watches.Count);
    }

    [Fact]
    public void A_domains_transaction_that_was_open_goes_on_and_ends_in_EAGAIN()
    {
        var store = _directory.Open();
        var control = store.Connect();
        control.Mkdir("/local/domain/6");
        control.SetPermissions("/local/domain/6", "n6");
        var domain = store.Connect(6);
        var transaction = domain.StartTransaction();
        domain.Write("a", "1", transaction);
        domain = _directory.Open().Connect(6);
        domain.Write("b", "2", transaction);
        Assert.Equal("2", domain.Read("b", transaction));
        Assert.False(domain.EndTransaction(transaction, commit: true));
        Assert.False(domain.Exists("a"));
        Assert.False(domain.Exists("b"));
    }

    [Fact]
    public void A_commit_whose_answer_was_lost_is_OK_when_it_is_asked_again()
    {
        var store = _directory.Open();
        var control = store.Connect();
        control.Mkdir("/local/domain/6");
        control.SetPermissions("/local/domain/6", "n6");
        var domain = store.Connect(6);
        var transaction = domain.StartTransaction();
        domain.Write("a", "1", transaction);
        Assert.True(domain.EndTransaction(transaction, commit: true));
        domain = _directory.Open().Connect(6);
        Assert.True(domain.EndTransaction(transaction, commit: true));
        Assert.Equal("1", domain.Read("a"));
    }

    [Fact]
    public void A_released_domain_stays_gone()
    {
        var store = _directory.Open();
        var control = store.Connect();
        control.Introduce(7, 1, 1);
        control.Mkdir("/local/domain/7");
        control.SetPermissions("/local/domain/7", "n7");
        control.Release(7);
        control = _directory.Open().Connect();
        Assert.False(control.IsIntroduced(7));
        Assert.False(control.Exists("/local/domain/7"));
    }

    [Fact]
    public void Quotas_survive()
    {
        var client = _directory.Open().Connect();
        client.Control("quota", "set", "nodes", "77");
        client = _directory.Open().Connect();
        Assert.Contains("nodes            :       77 ", client.Control("quota"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_journal_of_an_earlier_boot_is_dropped()
    {
        _directory.Open().Connect().Write("/old", "1");
        var bytes = File.ReadAllBytes(_directory.JournalPath);
        bytes[20] ^= 1;
        File.WriteAllBytes(_directory.JournalPath, bytes);
        Assert.False(_directory.Open().Connect().Exists("/old"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(9)]
    public void What_stands_before_a_damaged_record_is_kept(int backwards)
    {
        var store = _directory.Open();
        var client = store.Connect();
        client.Write("/first", "1");
        var firstEnd = EndOfRecords();
        client.Write("/second", "2");
        var bytes = File.ReadAllBytes(_directory.JournalPath);
        bytes[EndOfRecords() - backwards - 3] ^= 0xff;
        File.WriteAllBytes(_directory.JournalPath, bytes);
        Assert.True(firstEnd > 64);
        client = _directory.Open().Connect();
        Assert.Equal("1", client.Read("/first"));
        Assert.False(client.Exists("/second"));
    }

    [Fact]
    public void A_journal_that_outgrew_its_store_is_begun_anew_and_says_the_same()
    {
        var store = _directory.Open();
        var client = store.Connect();
        var value = new string('v', 2000);
        for (var i = 0; i < 4000; i++)
            client.Write($"/spin/{i % 10}", value + i);
        var grown = new FileInfo(_directory.JournalPath).Length;
        store.Kept.Upkeep();
        Assert.True(new FileInfo(_directory.JournalPath).Length < grown / 10);
        client.Write("/after", "1");
        client = _directory.Open().Connect();
        Assert.Equal(value + 3999, client.Read("/spin/9"));
        Assert.Equal("1", client.Read("/after"));
    }

    private int EndOfRecords()
    {
        var bytes = File.ReadAllBytes(_directory.JournalPath);
        var at = 64;
        while (BitConverter.ToInt32(bytes, at) is > 0 and var length)
            at += (8 + length + 3) & ~3;
        return at;
    }
}
