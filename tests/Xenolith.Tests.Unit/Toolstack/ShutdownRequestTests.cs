using Xenolith.Store.Client;
using Xenolith.Tests.Unit.Store;
using Xenolith.Toolstack;

namespace Xenolith.Tests.Unit.Toolstack;

/// <summary>The node through which a guest is asked, as guests of different kinds leave it.</summary>
public sealed class ShutdownRequestTests
{
    private const string Control = "/local/domain/7/control", Node = Control + "/shutdown";

    [Fact]
    public void A_node_that_is_there_keeps_its_permissions()
    {
        using var served = new ServedStore();
        using var store = served.Connect();
        store.Write(Node, string.Empty);
        store.SetPermissions(Node, "n7", "r3");

        Assert.True(ShutdownRequest.Write(store, 7, "poweroff"));

        Assert.Equal("poweroff", store.Read(Node));
        Assert.Equal(["n7", "r3"], store.GetPermissions(Node).Select(p => p.ToString()));
    }

    [Fact]
    public void A_node_that_the_guest_removed_is_made_again_and_is_the_guests()
    {
        // NetBSD removes it as its acknowledgement, at its start already.
        using var served = new ServedStore();
        using var store = served.Connect();
        store.Mkdir(Control);

        Assert.True(ShutdownRequest.Write(store, 7, "reboot"));

        Assert.Equal("reboot", store.Read(Node));
        Assert.Equal(["n7"], store.GetPermissions(Node).Select(p => p.ToString()));
    }

    [Fact]
    public void Nothing_is_made_for_a_domain_that_has_gone()
    {
        using var served = new ServedStore();
        using var store = served.Connect();

        Assert.False(ShutdownRequest.Write(store, 7, "poweroff"));

        Assert.Null(store.TryRead("/local/domain/7"));
    }
}
