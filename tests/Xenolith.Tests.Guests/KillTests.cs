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
    public void The_store_which_comes_back_with_its_nodes_while_the_guest_goes_on()
    {
        Boot();
        var nodes = Run("xenstore-ls", "-fp", "/local/domain/1").Output;
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

    private void Boot()
    {
        XlOk("create", Config("guest", "run=sleep,1000"));
        AwaitConsole("guest", "XENOLITH-USERSPACE");
    }
}
