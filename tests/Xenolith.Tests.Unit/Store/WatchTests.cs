using Xenolith.Store.Client;
using Xenolith.Store.Server;
using Xenolith.Store.Wire;

namespace Xenolith.Tests.Unit.Store;

/// <summary>Watches fire once at first, then once for each change in order.</summary>
public class WatchTests
{
    private readonly InProcessStore _store = new();

    [Fact]
    public void A_watch_fires_once_when_set_and_then_for_changes_at_and_below_its_path()
    {
        using var watcher = _store.Connect();
        using var client = _store.Connect();
        watcher.Watch("/w", "token");
        client.Write("/w", "1");
        client.Write("/w/a/b", "1");
        client.SetPermissions("/w/a", "n0", "r1");
        client.Write("/other", "1");
        client.Remove("/w/a");
        Assert.Equal(["/w", "/w", "/w/a/b", "/w/a", "/w/a"], Paths(watcher));
    }

    [Fact]
    public void A_relative_watch_gets_relative_paths()
    {
        using var control = _store.Connect();
        control.Mkdir("/local/domain/1");
        control.SetPermissions("/local/domain/1", "n1");
        using var domain = _store.Connect(1);
        domain.Watch("device", "d");
        control.Write("/local/domain/1/device/vbd", "x");
        Assert.Equal(["device", "device/vbd"], Paths(domain));
    }

    [Fact]
    public void Removing_a_parent_fires_the_watches_below_with_their_own_paths_first()
    {
        using var watcher = _store.Connect();
        using var client = _store.Connect();
        client.Write("/p/q/r", "1");
        watcher.Watch("/p/q/r", "r");
        watcher.Watch("/p/q/missing", "m");
        watcher.Watch("/p", "p");
        Paths(watcher);
        client.Remove("/p");
        Assert.Equal([new StoreEvent("/p/q/r", "r"), new("/p", "p")], Events(watcher));
    }

    [Fact]
    public void A_transactions_changes_fire_at_its_commit_and_each_path_once()
    {
        using var watcher = _store.Connect();
        using var client = _store.Connect();
        watcher.Watch("/tx", "t");
        Paths(watcher);
        var transaction = client.StartTransaction();
        client.Write("/tx/b", "1", transaction);
        client.Write("/tx/a", "1", transaction);
        client.Write("/tx/b", "2", transaction);
        Assert.Empty(Paths(watcher));
        client.EndTransaction(transaction, commit: true);
        Assert.Equal(["/tx/b", "/tx/a"], Paths(watcher));
    }

    [Fact]
    public void A_domain_hears_nothing_of_nodes_it_may_not_read()
    {
        using var control = _store.Connect();
        using var domain = _store.Connect(5);
        domain.Watch("/private", "x");
        Paths(domain);
        control.Write("/private/key", "1");
        Assert.Empty(Paths(domain));
        control.Write("/public/key", "1");
        control.SetPermissions("/public/key", "n0", "r5");
        domain.Watch("/public", "y");
        Paths(domain);
        control.Write("/public/key", "2");
        Assert.Equal(["/public/key"], Paths(domain));
    }

    [Fact]
    public void A_depth_limits_the_levels_that_count()
    {
        using var watcher = _store.Connect();
        using var client = _store.Connect();
        watcher.Watch("/d", "0", 0);
        watcher.Watch("/d", "1", 1);
        Events(watcher);
        client.Write("/d/a/b", "1");
        Assert.Empty(Events(watcher));
        client.Write("/d/a", "1");
        client.Write("/d", "1");
        Assert.Equal([new StoreEvent("/d/a", "1"), new("/d", "0"), new("/d", "1")], Events(watcher));
    }

    [Fact]
    public void The_same_watch_twice_is_EEXIST_and_a_missing_one_cannot_be_ended()
    {
        using var client = _store.Connect();
        client.Watch("/x", "t");
        client.Watch("/x", "u");
        Assert.Equal(StoreError.EEXIST, Assert.Throws<StoreException>(() => client.Watch("/x", "t")).Error);
        client.Unwatch("/x", "t");
        Assert.Equal(StoreError.ENOENT, Assert.Throws<StoreException>(() => client.Unwatch("/x", "t")).Error);
    }

    [Fact]
    public void Domains_that_come_and_go_fire_the_special_watches()
    {
        using var watcher = _store.Connect();
        using var monitor = _store.Connect();
        watcher.Watch("@introduceDomain", "in");
        watcher.Watch("@releaseDomain", "out");
        watcher.Watch("@releaseDomain", "which", 1);
        Events(watcher);
        monitor.Introduce(7, 778753, 1);
        Assert.Equal([new StoreEvent("@introduceDomain", "in")], Events(watcher));
        Assert.True(monitor.DomainShutDown(7));
        Assert.Equal([new StoreEvent("@releaseDomain", "out"), new("@releaseDomain/7", "which")], Events(watcher));
        Assert.True(monitor.DomainShutDown(7));
        Assert.Empty(Events(watcher));
        Assert.True(monitor.Release(7));
        Assert.Equal(2, Events(watcher).Count);
        Assert.False(monitor.Release(7));
    }

    private static List<string> Paths(StoreClient client) => [.. Events(client).Select(e => e.Path)];

    private static List<StoreEvent> Events(StoreClient client)
    {
        var list = new List<StoreEvent>();
        while (client.TryNextEvent(out var happened))
            list.Add(happened);
        return list;
    }
}
