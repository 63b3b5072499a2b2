namespace Xenolith.Tests.Guests.Networks;

/// <summary>Domains on a bridge of the kernel's, as root, with Debian's hotplug script unchanged.</summary>
[Collection("guests")]
public sealed class BridgeTests : GuestHost
{
    private readonly NetworkNamespace _network = new();

    public BridgeTests() => _network.AddBridge("br0", "10.9.0.1/24");

    protected override IReadOnlyList<string> RunBy => _network.RunBy;

    protected override void Closed() => _network.Dispose();

    [Fact]
    public void A_guest_reaches_the_host_over_Debians_vif_bridge_and_keeps_an_attached_vif_over_a_reboot()
    {
        var outcome = XlOk("create", NetConfig("guest", "10.9.0.2/24,sleep,1000", "vif = [ 'bridge=br0,mac=00:16:3e:00:00:01' ]"));

        Assert.Contains("vif 0 (00:16:3e:00:00:01): TAP vif1.0 on the host bridge br0, by /etc/xen/scripts/vif-bridge (asked for)\n", outcome.Error);
        AwaitConsole("guest", "NETWORK-UP");
        Eventually(() => _network.Try("busybox", "ping", "-c1", "-W1", "10.9.0.2"), "the host does not reach the guest");
        Assert.Contains("master br0", _network.Links());
        var nodes = Run("xenstore-ls", "-f", "/local/domain/0/backend/vif/1/0").Output;
        Assert.Contains("/hotplug-status = \"connected\"", nodes);
        Assert.Contains("/state = \"4\"", nodes);
        Assert.Contains("/script = \"/etc/xen/scripts/vif-bridge\"", nodes);

        var attached = XlOk("network-attach", "guest", "bridge=br0");
        Assert.Contains("TAP vif1.1 on the host bridge br0", attached.Error);
        var mac = Run("xenstore-read", "/libxl/1/device/vif/1/mac").Output.Trim();
        XlOk("reboot", "-F", "guest");
        Eventually(() => Find("guest") is { Domid: 2 }, "it does not come back");
        Eventually(() => Run("xenstore-read", "/libxl/2/device/vif/1/network").Output.Contains("vif2.1"), "the attached vif does not come back");
        Assert.Equal(mac, Run("xenstore-read", "/libxl/2/device/vif/1/mac").Output.Trim());
        Assert.DoesNotContain("vif1.", _network.Links());

        Eventually(() => Xl("network-detach", "guest", mac).ExitCode == 0, "it is being built for ever");
        Assert.DoesNotContain("vif2.1", _network.Links());
        var row = Assert.Single(XlOk("network-list", "guest").Output.Split('\n').Skip(1), line => line.Length > 0);
        Assert.StartsWith("0   0  00:16:3e:00:00:01     0 ", row);
        XlOk("destroy", "guest");
        Assert.DoesNotContain("vif2.", _network.Links());
    }

    [Fact]
    public void What_a_script_says_fails_the_create_and_nothing_is_left()
    {
        var script = Script("vif-bad", "xenstore-write $XENBUS_PATH/hotplug-error 'no cable' $XENBUS_PATH/hotplug-status error; echo it is hopeless; exit 3");

        var outcome = Xl("create", "-p", Config("guest", "", $"vif = [ 'bridge=br0,script={script}' ]"));

        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains($"vif 0: the hotplug script {script} online exited with code 3: it is hopeless: no cable.", outcome.Error);
        AssertNothingIsLeft();
        Assert.DoesNotContain("vif1.0", _network.Links());
    }

    [Fact]
    public void A_script_that_hangs_is_given_up()
    {
        var script = Script("vif-slow", "[ $1 = offline ] || sleep 1000");
        File.WriteAllText(System.IO.Path.Combine(Path, "xenolith.conf"), "hotplug_timeout = 1\n");

        var outcome = Xl("create", "-p", Config("guest", "", $"vif = [ 'bridge=br0,script={script}' ]"));

        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains("did not end within 1 s and was killed", outcome.Error);
    }

    [Fact]
    public void A_killed_domains_script_is_undone_by_the_next_xl()
    {
        var script = Script("vif-mark", $"echo $1 $vif $(xenstore-read $XENBUS_PATH/mac) >> {Path}/marks; ip link set $vif master br0; xenstore-write $XENBUS_PATH/hotplug-status connected");
        XlOk("create", "-p", Config("guest", "", $"vif = [ 'bridge=br0,mac=00:16:3e:00:00:09,script={script}' ]"));
        Assert.Equal("online vif1.0 00:16:3e:00:00:09\n", File.ReadAllText($"{Path}/marks"));

        Processes("domain-").ForEach(Kill);
        Eventually(() => Processes("domain-").Count == 0, "the processes do not end");
        Processes("xenstored").ForEach(Kill);
        Eventually(() => List().Count == 0, "it is still listed");

        Assert.Equal("online vif1.0 00:16:3e:00:00:09\noffline vif1.0 00:16:3e:00:00:09\n", File.ReadAllText($"{Path}/marks"));
        Eventually(() => !_network.Links().Contains("vif1.0"), "its TAP is left");
    }

    [Fact]
    public void Names_addresses_and_bridges_that_cannot_be_are_refused_by_name()
    {
        XlOk("create", "-p", Config("first", "", "vif = [ 'bridge=br0,mac=00:16:3e:00:00:01,vifname=web0' ]"));
        Assert.Contains("web0", _network.Links());

        Refused("the address 00:16:3e:00:00:01 is in use on br0 by a vif of domain first", "create", "-p", Config("second", "", "vif = [ 'bridge=br0,mac=00:16:3e:00:00:01' ]"));
        Refused("this host already has an interface web0", "create", "-p", Config("second", "", "vif = [ 'bridge=br0,vifname=web0' ]"));
        Refused("lo is an interface of this host, but no bridge", "create", "-p", Config("second", "", "vif = [ 'bridge=lo' ]"));
        Refused("the hotplug script /etc/xen/scripts/vif-none does not exist", "create", "-p", Config("second", "", "vif = [ 'bridge=br0,script=vif-none' ]"));
        Assert.Contains("the address 00:16:3e:00:00:01 is in use", Xl("network-attach", "first", "bridge=br0", "mac=00:16:3e:00:00:01").Error);
        Assert.Equal("first", Assert.Single(List()).Name);
    }

    private void Refused(string why, params string[] arguments)
    {
        var outcome = Xl(arguments);
        Assert.Contains(why, outcome.Error);
        Assert.Equal(3, outcome.ExitCode);
    }

    private string Script(string name, string body)
    {
        var path = System.IO.Path.Combine(Path, name);
        File.WriteAllText(path, $"#!/bin/sh\nexport PATH={GuestImages.Programs}:$PATH\n{body}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }
}
