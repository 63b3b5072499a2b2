namespace Xenolith.Tests.Guests.Networks;

/// <summary>Interfaces that come and change while domains run.</summary>
[Collection("guests")]
public sealed class LiveTests : GuestHost
{
    [Fact]
    public void Of_several_that_attach_one_address_at_the_same_instant_one_succeeds()
    {
        XlOk("create", "-p", Config("first", ""));
        XlOk("create", "-p", Config("second", ""));

        var racers = Enumerable.Range(0, 6).Select(i => Start("xl", "network-attach", i % 2 == 0 ? "first" : "second", "bridge=lan", "mac=00:16:3e:00:00:07")).ToList();
        var errors = racers.Select(r => r.StandardError.ReadToEnd()).ToList();
        racers.ForEach(r => r.WaitForExit());

        Assert.Single(racers, r => r.ExitCode == 0);
        Assert.Equal(5, errors.Count(e => e.Contains("the address 00:16:3e:00:00:07 is in use on lan by")));
        racers.ForEach(r => r.Dispose());
        Assert.Single(XlOk("network-list", "first").Output.Split('\n').Concat(XlOk("network-list", "second").Output.Split('\n')), l => l.Contains("00:16:3e:00:00:07"));
    }

    [Fact]
    public void An_address_that_was_detached_is_free_again()
    {
        XlOk("create", "-p", Config("first", ""));
        XlOk("create", "-p", Config("second", ""));
        XlOk("network-attach", "first", "bridge=lan", "mac=00:16:3e:00:00:07");
        XlOk("network-detach", "first", "00:16:3e:00:00:07");

        XlOk("network-attach", "second", "bridge=lan", "mac=00:16:3e:00:00:07");
    }

    [Fact]
    public void A_rate_in_the_store_that_makes_no_sense_is_named_in_the_log()
    {
        XlOk("create", "-p", Config("guest", "", "vif = [ 'bridge=lan,rate=10Mb/s' ]"));
        Assert.Equal("62500,50000\n", Run("xenstore-read", "/local/domain/0/backend/vif/1/0/rate").Output);

        Run("xenstore-write", "/local/domain/0/backend/vif/1/0/rate", "fast");

        var log = System.IO.Path.Combine(Path, "log", "xl-guest.log");
        Eventually(() => File.ReadAllText(log).Contains("vif 0: the rate 'fast' in the store is not like 1000000,50000 (bytes, microseconds)"), "nothing is said of it");
    }

    /// <summary>netfront as a module that is taken out and loaded again, and as a driver that is unbound from its device and bound again.</summary>
    [Fact]
    public void A_driver_that_goes_and_comes_back_in_the_guest_has_its_network_again()
    {
        const string Await = "until,ip,link,set,eth0,up;do,usleep,100000;done;ip,addr,add,10.9.0.2/24,dev,eth0;ping,-c1,-W100,10.9.0.1";
        XlOk("create", NetConfig("first", "10.9.0.1/24;sleep,1000", "vif = [ 'bridge=lan0' ]"));
        AwaitConsole("first", "NETWORK-UP");

        XlOk("create", NetConfig("second", $"10.9.0.2/24;rmmod,xen_netfront;ls,/sys/class/net;insmod,/xen-netfront.ko;{Await};echo,LOADED-AGAIN,$?"
            + $";cd,/sys/bus/xen/drivers/vif;echo,vif-0>unbind;echo,vif-0>bind;{Await};echo,BOUND-AGAIN,$?;sleep,1000", "vif = [ 'bridge=lan0' ]"));

        AwaitConsole("second", "LOADED-AGAIN 0");
        AwaitConsole("second", "BOUND-AGAIN 0");
    }

    [Fact]
    public void Eight_interfaces_on_different_switches_and_packets_of_nine_thousand_bytes_work()
    {
        var vifs = string.Join(", ", Enumerable.Range(0, 8).Select(i => $"'bridge=lan{i},mtu=9000'"));
        XlOk("create", NetConfig("first", "10.9.0.1/24;ip,link,set,eth0,mtu,9000;cat,/sys/class/net/eth0/mtu;ls,/sys/class/net;sleep,1000", $"vif = [ {vifs} ]"));
        AwaitConsole("first", "NETWORK-UP");
        AwaitConsole("first", "9000");
        AwaitConsole("first", "eth7");
        XlOk("create", NetConfig("second", "10.9.0.2/24;ip,link,set,eth0,mtu,9000;ping,-c3,-s8900,-W100,10.9.0.1", "vif = [ 'bridge=lan0,mtu=9000' ]"));

        AwaitConsole("second", "3 packets received");
    }
}
