namespace Xenolith.Tests.Guests;

/// <summary>kill -9 of each process while a real guest runs: one clear end, and nothing left.</summary>
[Collection("guests")]
public sealed class KillTests : GuestHost
{
    [Fact]
    public void The_domain_process()
    {
        Boot();
        Kill(Processes("domain-process").Single());

        Eventually(() => Find("guest") is null, "it is still listed");
        AssertNothingIsLeft();
    }

    [Fact]
    public void The_monitor()
    {
        Boot();
        Kill(Processes("domain-monitor").Single());

        Eventually(() => Processes("domain-").Count == 0, "the domain process goes on");
        AssertNothingIsLeft();
    }

    [Fact]
    public void Everything_at_once_so_that_only_the_next_xl_can_clean_up()
    {
        Boot();
        foreach (var word in (string[])["xenstored", "domain-monitor", "domain-process"])
        {
            Processes(word).ForEach(Kill);
        }

        // The store comes back with all it had; the dead domain's nodes are not among it for long.
        AssertNothingIsLeft();
        XlOk("create", "-p", Config("guest", "run=sleep,1000"));
    }

    [Fact]
    public void The_store_which_comes_back_with_its_nodes_while_the_guest_goes_on()
    {
        Boot();
        var nodes = SettledNodes();
        var store = Processes("xenstored").Single();
        Kill(store);

        Eventually(() => Processes("xenstored") is [var other] && other != store, "the store does not come back");
        Eventually(() => Run("xenstore-ls", "-fp", "/local/domain/1").Output == nodes, "nodes were lost");
        // The guest's own watch on control/shutdown must work still.
        XlOk("shutdown", "-w", "guest");
        Eventually(() => Find("guest") is null, "it is still listed");
    }

    [Fact]
    public void The_viewer_that_created_it()
    {
        using (var viewer = Start("xl", "create", "-c", Config("guest", "run=sleep,1000")))
        {
            AwaitConsole("guest", "XENOLITH-USERSPACE");
            viewer.Kill();
            viewer.WaitForExit();
        }

        Assert.NotNull(Find("guest"));
    }

    /// <summary>The domain's nodes once the guest's drivers write no more.</summary>
    private string SettledNodes()
    {
        string Look() => Run("xenstore-ls", "-fp", "/local/domain/1").Output;
        var nodes = Look();
        Eventually(
            () =>
            {
                var before = nodes;
                Thread.Sleep(500);
                return (nodes = Look()) == before;
            },
            "the guest's nodes never settle");
        return nodes;
    }

    private void Boot()
    {
        XlOk("create", Config("guest", "run=sleep,1000"));
        AwaitConsole("guest", "XENOLITH-USERSPACE");
    }
}
