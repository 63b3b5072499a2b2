using Xenolith.Store.Client;
using Xenolith.Store.Permissions;
using Xenolith.Store.Server;
using Xenolith.Store.Wire;

namespace Xenolith.Tests.Unit.Store;

/// <summary>Reading, writing, listing and removing nodes, with Xen's answers to what is wrong.</summary>
public class NodeRequestTests
{
    private readonly InProcessStore _store = new();

    [Fact]
    public void A_written_value_is_read_back_and_its_parents_exist_with_empty_values()
    {
        using var client = _store.Connect();
        client.Write("/a/b/c", "value");
        Assert.Equal("value", client.Read("/a/b/c"));
        Assert.Equal("", client.Read("/a/b"));
        Assert.Equal(["b"], client.List("/a"));
    }

    [Fact]
    public void A_value_may_hold_any_byte()
    {
        using var client = _store.Connect();
        byte[] value = [0, 1, 255, 0, (byte)'/'];
        client.Write("/bytes", value);
        Assert.Equal(value, client.ReadBytes("/bytes"));
    }

    [Fact]
    public void Children_are_listed_in_the_order_of_their_names()
    {
        using var client = _store.Connect();
        for (var i = 999; i >= 0; i--)
            client.Mkdir($"/list/n{i * 7919 % 1000}");
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => $"n{i}").Order(StringComparer.Ordinal), client.List("/list"));
    }

    [Fact]
    public void A_list_too_long_for_a_message_comes_in_parts()
    {
        using var client = _store.Connect();
        var names = Enumerable.Range(0, 3000).Select(i => $"a-rather-long-name-{i:d4}").ToArray();
        foreach (var name in names)
            client.Mkdir($"/long/{name}");
        Assert.Equal(names, client.List("/long"));
        Assert.Equal(StoreError.E2BIG, client.TryAsk(MessageType.Directory, 0, "/long\0"u8, out _));
    }

    [Fact]
    public void Removing_takes_everything_below_and_is_no_error_for_a_missing_node_of_an_existing_parent()
    {
        using var client = _store.Connect();
        client.Write("/r/x/y", "1");
        client.Remove("/r/x");
        Assert.False(client.Exists("/r/x/y"));
        client.Remove("/r/x");
        Assert.Equal(StoreError.ENOENT, Assert.Throws<StoreException>(() => client.Remove("/r/x/y")).Error);
        Assert.Equal(StoreError.EINVAL, Assert.Throws<StoreException>(() => client.Remove("/")).Error);
    }

    [Theory]
    [InlineData("")]
    [InlineData("//")]
    [InlineData("/a/")]
    [InlineData("/a//b")]
    [InlineData("/a b")]
    [InlineData("/a.b")]
    [InlineData("@special")]
    public void A_malformed_path_is_EINVAL(string path)
    {
        using var client = _store.Connect();
        Assert.Equal(StoreError.EINVAL, Assert.Throws<StoreException>(() => client.Read(path)).Error);
    }

    [Fact]
    public void A_path_may_have_3072_bytes_and_no_more()
    {
        using var client = _store.Connect();
        var longest = "/" + new string('x', 3071);
        client.Write(longest, "1");
        Assert.Equal("1", client.Read(longest));
        Assert.Equal(StoreError.EINVAL, Assert.Throws<StoreException>(() => client.Write(longest + "x", "1")).Error);
    }

    [Fact]
    public void A_relative_path_of_a_socket_client_is_below_domain_0()
    {
        using var client = _store.Connect();
        client.Write("backend/vbd/1/state", "4");
        Assert.Equal("4", client.Read("/local/domain/0/backend/vbd/1/state"));
    }

    [Fact]
    public void A_domain_sees_its_own_nodes_by_relative_paths_and_not_those_of_others()
    {
        using var control = _store.Connect();
        control.Mkdir("/local/domain/1");
        control.SetPermissions("/local/domain/1", "n1");
        control.Write("/local/domain/2/secret", "x");
        using var domain = _store.Connect(1);
        domain.Write("data/mine", "1");
        Assert.Equal("1", control.Read("/local/domain/1/data/mine"));
        Assert.Equal(["n1"], control.GetPermissions("/local/domain/1/data/mine").Select(p => p.ToString()));
        Assert.Equal(StoreError.EACCES, Assert.Throws<StoreException>(() => domain.Read("/local/domain/2/secret")).Error);
        Assert.Equal(StoreError.EACCES, Assert.Throws<StoreException>(() => domain.Write("/local/domain/2/secret", "y")).Error);
        Assert.Equal(StoreError.EACCES, Assert.Throws<StoreException>(() => domain.Read("/local/domain/2/nothing")).Error);
    }

    [Fact]
    public void Permissions_open_a_node_to_the_domains_they_name()
    {
        using var control = _store.Connect();
        control.Write("/shared", "1");
        control.SetPermissions("/shared", "n0", "r1", "b2");
        using var reader = _store.Connect(1);
        using var writer = _store.Connect(2);
        Assert.Equal("1", reader.Read("/shared"));
        Assert.Equal(StoreError.EACCES, Assert.Throws<StoreException>(() => reader.Write("/shared", "2")).Error);
        writer.Write("/shared", "2");
        Assert.Equal("2", reader.Read("/shared"));
        Assert.Equal([new Permission(0, AccessRights.None), new(1, AccessRights.Read), new(2, AccessRights.Both)], control.GetPermissions("/shared"));
        Assert.Equal(StoreError.EACCES, Assert.Throws<StoreException>(() => writer.SetPermissions("/shared", "n2")).Error);
    }

    [Fact]
    public void Only_the_control_domain_may_give_a_node_away()
    {
        using var control = _store.Connect();
        control.Mkdir("/d");
        control.SetPermissions("/d", "n3");
        using var domain = _store.Connect(3);
        domain.Write("/d/x", "1");
        Assert.Equal(StoreError.EPERM, Assert.Throws<StoreException>(() => domain.SetPermissions("/d/x", "n4")).Error);
        domain.SetPermissions("/d/x", "r3", "w4");
        Assert.Equal(["r3", "w4"], domain.GetPermissions("/d/x").Select(p => p.ToString()));
    }

    [Fact]
    public void The_control_domains_own_nodes_are_there_from_the_start()
    {
        using var client = _store.Connect();
        Assert.Equal("Domain-0", client.Read("/local/domain/0/name"));
        Assert.Equal("Pool-0", client.Read("/local/pool/0/name"));
        Assert.Equal("1", client.Read("/local/domain/0/control/feature-suspend"));
        Assert.Equal(["@introduceDomain", "@releaseDomain", "local", "tool"], client.List("/"));
    }
}
