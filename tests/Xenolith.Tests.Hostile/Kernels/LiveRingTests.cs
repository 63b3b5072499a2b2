namespace Xenolith.Tests.Hostile.Kernels;

/// <summary>
/// A kernel that lies to its backends, created by the real xl: its devices stop with a reason in the log; the domain, its monitor, the store and
/// what the host has of them go on.
/// </summary>
[Collection("host")]
public sealed class LiveRingTests(ITestOutputHelper output) : HostileHost(output)
{
    [Fact]
    public void A_block_frontend_that_lies_loses_its_disk_and_may_begin_again()
    {
        CreateHostile("block", 12);
        AwaitWorst();

        Assert.Contains("disk xvda: stopped, because the guest broke its ring: ", MonitorLog());
        Assert.Equal(16 << 20, new FileInfo(System.IO.Path.Combine(Path, "hostile.img")).Length);
    }

    [Fact]
    public void A_network_frontend_that_lies_loses_its_vif_and_may_begin_again()
    {
        CreateHostile("net", 12);
        AwaitWorst();

        Assert.Contains("vif 0: stopped, because the guest broke its ring: ", MonitorLog());
    }

    [Fact]
    public void Frontends_that_write_anything_in_any_order_are_told_what_cannot_be()
    {
        CreateHostile("xenbus", 12);
        AwaitWorst();

        Assert.NotEmpty(MonitorLog());
        Eventually(() => Run("xenstore-read", "/local/domain/1/name").Output == "hostile\n", "the store does not answer");
    }

    [Fact]
    public void A_store_ring_that_breaks_costs_its_domain_the_store_and_nobody_else()
    {
        CreateHostile("store", 3);
        AwaitWorst();

        Eventually(() => XlOk("dmesg").Output.Contains("store of domain 1: "), "nothing says why the ring is not used any more");
        AssertHostileLives();
        Assert.Equal("hostile\n", Run("xenstore-read", "/local/domain/1/name").Output);
        Assert.Equal("Domain-0\n", Run("xenstore-read", "/local/domain/0/name").Output);
        MonitorLog();
    }

    [Fact]
    public void A_console_ring_that_breaks_costs_its_domain_the_console_alone()
    {
        CreateHostile("console", 3);
        AwaitWorst();

        Eventually(() => XlOk("dmesg").Output.Contains("console of domain 1: the guest's ring indices are wrong; the ring is not used any more"), "nothing says why the ring is not used any more");
        AssertHostileLives();
        MonitorLog();
    }

    [Fact]
    public void Event_storms_wake_nobody_who_does_not_listen()
    {
        CreateHostile("storm", 3);
        AwaitWorst();

        MonitorLog();
    }

    [Fact]
    public void Connecting_again_and_again_keeps_nothing()
    {
        CreateHostile("block", 10);
        AwaitWorst();
        var before = Held();
        XlOk("destroy", "hostile");
        CreateHostile("block", 60);
        AwaitWorst();

        var after = Held();
        Assert.True(after.Descriptors <= before.Descriptors + 4, $"{before.Descriptors} descriptors became {after.Descriptors}");
        Assert.True(after.Threads <= before.Threads + 4, $"{before.Threads} threads became {after.Threads}");
        Assert.True(after.AnonymousKib < before.AnonymousKib + (24 << 10), $"{before.AnonymousKib} KiB became {after.AnonymousKib} KiB");
    }
}
