using Xenolith.Config.Nics;
using Xenolith.Toolstack;
using Xenolith.Toolstack.Networks;

namespace Xenolith.Tests.Unit.Toolstack.Networks;

/// <summary>Which way out an interface takes: what is named is used or refused, never replaced.</summary>
public sealed class NetworkChoiceTests
{
    [Fact]
    public void A_host_bridge_of_that_name_means_a_tap_on_it()
    {
        var way = Choose(new() { DeviceId = 2, Bridge = "br0" }, new FakeNetwork { Bridges = ["br0"] });

        Assert.Equal("TAP vif7.2 on the host bridge br0 (asked for)", way.Describe());
        Assert.Equal((WayKind.HostBridge, "br0"), (way.Kind, way.Segment));
    }

    [Fact]
    public void Xens_script_connects_it_where_it_is_installed_and_gives_it_its_name()
    {
        var way = Choose(new() { Bridge = "br0", InterfaceName = "web0" }, new FakeNetwork { Bridges = ["br0"], Script = "/etc/xen/scripts/vif-bridge" });

        Assert.Equal((WayKind.Script, "vif7.0", "web0", "web0"), (way.Kind, way.Interface, way.RenamedTo, way.FinalInterface));
        Assert.Equal("TAP web0 on the host bridge br0, by /etc/xen/scripts/vif-bridge (asked for)", way.Describe());
    }

    [Fact]
    public void Our_own_way_gives_the_interface_its_name_at_once() =>
        Assert.Equal("web0", Choose(new() { Bridge = "br0", InterfaceName = "web0" }, new FakeNetwork { Bridges = ["br0"] }).Interface);

    [Fact]
    public void A_bridge_that_may_not_be_used_is_refused_with_the_right_that_is_missing()
    {
        var message = Refusal(new() { Bridge = "br0" }, new FakeNetwork { Bridges = ["br0"], NoTaps = "it lacks CAP_NET_ADMIN" });

        Assert.StartsWith("vif 0: the bridge br0 exists, but this user may not use it, because it lacks CAP_NET_ADMIN. Run xl with that right", message);
    }

    [Fact]
    public void The_default_bridge_that_may_not_be_used_is_refused_too() =>
        Assert.Contains("the bridge xenbr0 exists", Refusal(new(), new FakeNetwork { Bridges = ["xenbr0"], NoTaps = "it lacks CAP_NET_ADMIN", Passt = "/usr/bin/passt" }));

    [Fact]
    public void Another_interface_of_that_name_is_no_bridge() =>
        Assert.Contains("eth0 is an interface of this host, but no bridge", Refusal(new() { Bridge = "eth0" }, new FakeNetwork { Interfaces = ["eth0"] }));

    [Fact]
    public void No_bridge_of_that_name_means_a_switch_for_anybody()
    {
        var way = Choose(new() { Bridge = "bridge0" }, new FakeNetwork { NoTaps = "it lacks CAP_NET_ADMIN" });

        Assert.Equal("user-space switch bridge0 (no host bridge has that name)", way.Describe());
        Assert.Equal("bridge0", way.Segment);
    }

    [Theory]
    [InlineData("../x", "contains `/'")]
    [InlineData(".hidden", "it is reserved")]
    [InlineData("lock", "it is reserved")]
    [InlineData("averyverylongname", "has more than 15 bytes")]
    public void A_name_that_no_bridge_can_have_is_no_switch(string name, string why) =>
        Assert.Contains($"`{name}' is no name for a bridge: {why}", Refusal(new() { Bridge = name }, new FakeNetwork()));

    [Fact]
    public void A_switch_has_an_uplink_where_one_was_asked_for()
    {
        var way = Choose(new() { Bridge = "lan" }, new FakeNetwork { Uplinks = ["lan"] });

        Assert.Equal("user-space switch lan with an uplink (no host bridge has that name)", way.Describe());
        Assert.Contains("apt install libslirp0", Refusal(new() { Bridge = "lan" }, new FakeNetwork { Uplinks = ["lan"], Slirp = false }));
    }

    [Fact]
    public void Ports_are_forwarded_where_there_is_somebody_to_do_it()
    {
        NicConfig Forwarding(string? bridge, string text) => new() { Bridge = bridge, Forwards = [PortForward.TryParse(text, out var forward) ? forward : throw new ArgumentException(text)] };

        Assert.True(Choose(Forwarding("lan", "2222:22"), new FakeNetwork { Uplinks = ["lan"] }).Uplink);
        Assert.Equal(WayKind.Passt, Choose(Forwarding(null, "::1/2222:22"), new FakeNetwork { Passt = "/usr/bin/passt" }).Kind);
        Assert.Contains("switch_uplinks = lan", Refusal(Forwarding("lan", "2222:22"), new FakeNetwork()));
        Assert.Contains("on br0 the guest has an address of its own", Refusal(Forwarding("br0", "2222:22"), new FakeNetwork { Bridges = ["br0"] }));
        Assert.Contains("on xenbr0 the guest has an address of its own", Refusal(Forwarding(null, "2222:22"), new FakeNetwork { Bridges = ["xenbr0"] }));
        Assert.Contains("::1 is none", Refusal(Forwarding("lan", "::1/2222:22"), new FakeNetwork { Uplinks = ["lan"] }));
    }

    [Fact]
    public void No_bridge_means_the_default_one() =>
        Assert.Equal("TAP vif7.0 on the host bridge xenbr0 (the default bridge)", Choose(new(), new FakeNetwork { Bridges = ["xenbr0"], Passt = "/usr/bin/passt" }).Describe());

    [Fact]
    public void Without_a_default_bridge_it_means_passt()
    {
        var way = Choose(new(), new FakeNetwork { Passt = "/usr/bin/passt" });

        Assert.Equal((WayKind.Passt, "/usr/bin/passt", null), (way.Kind, way.Passt, way.Segment));
        Assert.Equal("passt, which shares this host's own network (no bridge was asked for)", way.Describe());
    }

    [Fact]
    public void Without_passt_its_package_is_named() =>
        Assert.Equal(
            "vif 0: it names no bridge, this host has no bridge xenbr0, and passt is not installed. Install it with: apt install passt; "
            + "or name a switch that needs nothing, as in vif = [ 'bridge=bridge0' ].",
            Refusal(new(), new FakeNetwork()));

    [Fact]
    public void A_script_that_was_asked_for_gets_a_tap_whatever_the_bridge_is()
    {
        using var directory = new ScriptDirectory("vif-ovs");

        var way = Choose(new() { Bridge = "ovs0:10:20", Script = "vif-ovs" }, new FakeNetwork { ScriptDirectory = directory.Path });

        Assert.Equal((WayKind.Script, $"{directory.Path}/vif-ovs", "ovs0:10:20"), (way.Kind, way.Script, way.Network));
        Assert.Equal($"TAP vif7.0, by {directory.Path}/vif-ovs (asked for)", way.Describe());

        // The store names the default bridge to a script that asks; nobody is told that the interface is on it.
        var routed = Choose(new() { Script = "vif-ovs" }, new FakeNetwork { ScriptDirectory = directory.Path });
        Assert.Equal(("xenbr0", $"TAP vif7.0, by {directory.Path}/vif-ovs (asked for)"), (routed.Network, routed.Describe()));
    }

    [Fact]
    public void A_script_that_does_not_exist_is_named_with_its_directory() =>
        Assert.Contains("the hotplug script /nowhere/vif-x does not exist", Refusal(new() { Script = "vif-x" }, new FakeNetwork { ScriptDirectory = "/nowhere" }));

    [Theory]
    [InlineData("eth0", "this host already has an interface eth0")]
    [InlineData("a/b", "contains `/'")]
    [InlineData("averyverylongname", "has more than 15 bytes")]
    public void A_name_that_cannot_be_is_refused(string name, string why) =>
        Assert.Contains(why, Refusal(new() { Bridge = "br0", InterfaceName = name }, new FakeNetwork { Bridges = ["br0"], Interfaces = ["eth0"] }));

    [Fact]
    public void A_name_of_an_earlier_life_is_refused_too() =>
        Assert.Contains("already has an interface vif7.0", Refusal(new() { Bridge = "br0" }, new FakeNetwork { Bridges = ["br0"], Interfaces = ["vif7.0"] }));

    [Fact]
    public void Vlans_need_a_script() =>
        Assert.Contains("script=vif-openvswitch", Refusal(new() { Bridge = "br0", Vlan = "10" }, new FakeNetwork { Bridges = ["br0"] }));

    private static NetworkWay Choose(NicConfig nic, FakeNetwork host) => NetworkChoice.Of(nic, 7, host);

    private static string Refusal(NicConfig nic, FakeNetwork host)
    {
        var refusal = Assert.Throws<ToolstackException>(() => Choose(nic, host));
        Assert.Equal(ToolstackException.CreationFailed, refusal.ExitCode);
        return refusal.Message;
    }

    private sealed class FakeNetwork : IHostNetwork
    {
        public string[] Bridges { get; init; } = [];

        public string[] Interfaces { get; init; } = [];

        public string? NoTaps { get; init; }

        public string? Script { get; init; }

        public string? Passt { get; init; }

        public string DefaultBridge => "xenbr0";

        public string ScriptDirectory { get; init; } = "/etc/xen/scripts";

        public bool Exists(string name) => Interfaces.Contains(name) || IsBridge(name);

        public bool IsBridge(string name) => Bridges.Contains(name);

        public string? WhyNoTaps() => NoTaps;

        public string? BridgeScript() => Script;

        public string? FindPasst() => Passt;

        public string[] Uplinks { get; init; } = [];

        public bool Slirp { get; init; } = true;

        public bool WantsUplink(string name) => Uplinks.Contains(name);

        public bool HasSlirp() => Slirp;
    }

    private sealed class ScriptDirectory : IDisposable
    {
        public ScriptDirectory(string script) => File.WriteAllText(System.IO.Path.Combine(Path, script), "#!/bin/sh\n");

        public string Path { get; } = Directory.CreateTempSubdirectory("xenolith-scripts-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
