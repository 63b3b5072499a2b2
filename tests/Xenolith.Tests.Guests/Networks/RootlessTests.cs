namespace Xenolith.Tests.Guests.Networks;

/// <summary>
/// A user without any right: domains that see each other on a switch, one that shares the host's network by passt. Everything runs as another user
/// than root, from a copy of the program that this user can read.
/// </summary>
[Collection("guests")]
public sealed class RootlessTests : GuestHost
{
    private const string User = "65533";

    private readonly NetworkNamespace _network = new();
    private readonly string _kernel;
    private readonly string _initramfs;

    public RootlessTests()
    {
        Programs = Directory.CreateDirectory(System.IO.Path.Combine(Path, "bin")).FullName;
        File.Copy(System.IO.Path.Combine(GuestImages.Programs, "xenolith"), System.IO.Path.Combine(Programs, "xenolith"));
        foreach (var name in (string[])["xl", "xenstore-ls", "xenstore-read"])
        {
            File.CreateSymbolicLink(System.IO.Path.Combine(Programs, name), "xenolith");
        }

        File.Copy(GuestImages.Kernel, _kernel = System.IO.Path.Combine(Path, "kernel"));
        File.Copy(GuestImages.NetInitramfs, _initramfs = System.IO.Path.Combine(Path, "initramfs"));
        _network.AddBridge("br0", "10.9.0.1/24");
        _network.Run("chown", "-R", $"{User}:{User}", Path);
    }

    protected override string Programs { get; }

    protected override IReadOnlyList<string> RunBy => [.. _network.RunBy, "setpriv", $"--reuid={User}", $"--regid={User}", "--clear-groups", .. Rights, "env", $"HOME={Path}"];

    protected override void Closed() => _network.Dispose();

    private string[] Rights { get; set; } = ["--bounding-set=-all"];

    [Fact]
    public void Two_domains_on_bridge0_reach_each_other()
    {
        var first = XlOk("create", Rootless("first", "10.9.1.1/24,sleep,1000", "vif = [ 'bridge=bridge0' ]"));
        Assert.Matches("vif 0 \\(00:16:3e:[0-9a-f:]{8}\\): user-space switch bridge0 \\(no host bridge has that name\\)\n", first.Error);
        AwaitConsole("first", "NETWORK-UP");
        XlOk("create", Rootless("second", "10.9.1.2/24,ping,-c3,-W100,10.9.1.1", "vif = [ 'mac=aa:00:00:d1:00:09,bridge=bridge0' ]"));

        AwaitConsole("second", "3 packets received");
    }

    [Fact]
    public void A_bridge_that_may_not_be_used_is_refused_with_the_right_that_is_missing()
    {
        var outcome = Xl("create", "-p", Rootless("guest", "", "vif = [ 'bridge=br0' ]"));

        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains("vif 0: the bridge br0 exists, but this user may not use it, because it lacks CAP_NET_ADMIN.", outcome.Error);
        AssertNothingIsLeft();
    }

    [Fact]
    public void With_that_right_alone_the_bridge_is_used_without_a_script()
    {
        Rights = ["--inh-caps=-all,+net_admin", "--ambient-caps=-all,+net_admin"];

        var outcome = XlOk("create", Rootless("guest", "10.9.0.2/24,sleep,1000", "vif = [ 'bridge=br0,mtu=1400,vifname=web0' ]"));

        Assert.Contains("TAP web0 on the host bridge br0 (asked for)", outcome.Error);
        Assert.Matches("web0: .* mtu 1400 .* master br0", _network.Links());
        Assert.Equal("1400\n", Run("xenstore-read", "/local/domain/1/device/vif/0/mtu").Output);
        Eventually(() => _network.Try("busybox", "ping", "-c1", "-W1", "10.9.0.2"), "the host does not reach the guest");
        XlOk("destroy", "guest");
        Assert.DoesNotContain("web0", _network.Links());
    }

    [Fact]
    public void Without_a_bridge_passt_gives_the_guest_the_hosts_network()
    {
        // A default route and an address are what passt copies.
        _network.Run("ip", "route", "add", "default", "via", "10.9.0.254");

        var outcome = XlOk("create", Rootless("guest", "dhcp,sleep,1000", "vif = [ '' ]"));

        Assert.Contains("passt, which shares this host's own network (no bridge was asked for)", outcome.Error);
        AwaitConsole("guest", "LEASE 10.9.0.1 ROUTER 10.9.0.254");
        XlOk("destroy", "guest");
        Eventually(() => Processes("passt").Count == 0, "passt is left");
    }

    [Fact]
    public void A_passt_that_dies_is_started_again_behind_the_connected_guest()
    {
        _network.Run("ip", "route", "add", "default", "via", "10.9.0.254");
        XlOk("create", Rootless("guest", "dhcp;while,:;do,udhcpc,-q,-n,-t,5,-T,1,-i,eth0,-s,/lease;sleep,1;done", "vif = [ '' ]"));
        AwaitConsole("guest", "NETWORK-UP");
        var first = Assert.Single(Processes("passt"));

        Kill(first);
        Eventually(() => Processes("passt") is [var again] && again != first, "passt does not come back");
        var log = System.IO.Path.Combine(Path, "log", "xl-guest.log");
        Eventually(() => File.ReadAllText(log).Contains("was killed by signal 9. It is started again; what the guest had open through it is lost."), "nothing is said of it");
        int Leases() => File.ReadAllText(System.IO.Path.Combine(Path, "log", "console", "guest-guest.log")).Split("LEASE ").Length;
        var before = Leases();
        Eventually(() => Leases() > before, "the guest has no network any more");
    }

    [Fact]
    public void A_switch_with_an_uplink_leases_addresses_and_leads_to_the_host()
    {
        File.WriteAllText(System.IO.Path.Combine(Path, "xenolith.conf"), "switch_uplinks = lan\n");

        var outcome = XlOk("create", Rootless("guest", "dhcp,ping,-c3,-W100,10.0.2.2", "vif = [ 'bridge=lan' ]"));

        Assert.Contains("user-space switch lan with an uplink (no host bridge has that name)", outcome.Error);
        AwaitConsole("guest", "ROUTER 10.0.2.2");
        AwaitConsole("guest", "3 packets received");
    }

    private string Rootless(string name, string run, params string[] lines)
    {
        var path = System.IO.Path.Combine(Path, $"{name}.cfg");
        File.WriteAllText(path, $"kernel = '{_kernel}'\nramdisk = '{_initramfs}'\nmemory = 128\nname = '{name}'\nextra = 'console=hvc0 quiet run=/net,{run}'\n{string.Join('\n', lines)}\n");
        return path;
    }
}
