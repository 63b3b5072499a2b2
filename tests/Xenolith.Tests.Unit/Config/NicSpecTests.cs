using Xenolith.Config.Nics;

namespace Xenolith.Tests.Unit.Config;

public sealed class NicSpecTests
{
    [Fact]
    public void Reads_every_word()
    {
        Assert.True(NicSpec.TryParse(
            "mac=00:16:3E:AB:cd:ef, bridge = br0 ,ip=10.0.0.2,script=vif-route,vifname=foo0,backend=0,type=ioemu,model=e1000,mtu=9000,"
            + "gatewaydev=eth9,rate=10Mb/s,devid=3,untrusted,vlan=1p/2", 0, out var nic, out var problem), problem);
        Assert.Equal(new NicConfig
        {
            DeviceId = 3,
            Mac = "00:16:3e:ab:cd:ef",
            Bridge = "br0",
            Ip = "10.0.0.2",
            Script = "vif-route",
            InterfaceName = "foo0",
            BackendDomain = "0",
            Type = "ioemu",
            Model = "e1000",
            Mtu = 9000,
            GatewayDevice = "eth9",
            Rate = new NicRate(62_500, 50_000),
            Trusted = false,
            Vlan = "1p/2",
        }, nic);
    }

    [Theory]
    [InlineData("")]
    [InlineData("bridge=")]
    public void Nothing_said_is_well_said(string spec) => Assert.True(NicSpec.TryParse(spec, 2, out var nic, out _) && nic.DeviceId == 2);

    [Theory]
    [InlineData("mac=00:16:3E:6:11:2")]
    [InlineData("mac=00-16-3e-06-11-02")]
    public void Addresses_as_xl_takes_them(string spec)
    {
        Assert.True(NicSpec.TryParse(spec, 0, out var nic, out var problem), problem);
        Assert.Equal("00:16:3e:06:11:02", nic.Mac);
    }

    [Theory]
    [InlineData("garbage", "unknown key `garbage'")]
    [InlineData("bogus=1", "unknown key `bogus'")]
    [InlineData("brigde=br0", "did you mean `bridge'?")]
    [InlineData("mac=zz:zz", "has 2 bytes")]
    [InlineData("mac=00:16:3e:00:00", "has 5 bytes")]
    [InlineData("mac=00:16:3e:12:34:56:78", "has 7 bytes")]
    [InlineData("mac=00:16:3e:12:34:zz", "`zz' is not a hexadecimal byte")]
    [InlineData("mac=01:16:3e:12:34:56", "group address")]
    [InlineData("type=foo", "type `foo'")]
    [InlineData("rate=foo", "rate `foo'")]
    [InlineData("rate=10", "rate `10'")]
    [InlineData("rate=0Mb/s", "rate `0Mb/s'")]
    [InlineData("rate=1Mb/s@x", "interval")]
    [InlineData("mtu=abc", "mtu `abc'")]
    [InlineData("vifname=averyverylongname", "1 to 15 characters")]
    [InlineData("vifname=a/b", "no name of an interface")]
    [InlineData("forward=2222:22 x", "forward `x'")]
    [InlineData("forward=70000", "forward `70000'")]
    [InlineData("forward=sctp/1:2", "forward `sctp/1:2'")]
    [InlineData("trusted=0", "`trusted' takes no value")]
    public void Refuses(string spec, string why)
    {
        Assert.False(NicSpec.TryParse(spec, 0, out _, out var problem));
        Assert.Contains(why, problem);
    }

    [Theory]
    [InlineData("10Mb/s", 62_500ul, 50_000u)]
    [InlineData("250KB/s", 12_500ul, 50_000u)]
    [InlineData("1MB/s@20ms", 20_000ul, 20_000u)]
    [InlineData("1GB/s@1s", 1_000_000_000ul, 1_000_000u)]
    [InlineData("8b/s@2", 2ul, 2_000_000u)]
    public void Rates(string text, ulong bytes, uint microseconds)
    {
        Assert.True(NicRate.TryParse(text, out var rate, out var problem), problem);
        Assert.Equal(new NicRate(bytes, microseconds), rate);
    }

    [Theory]
    [InlineData("2222:22", "2222:22")]
    [InlineData("443", "443:443")]
    [InlineData("tcp/127.0.0.1/8080:80", "127.0.0.1/8080:80")]
    [InlineData("udp/5353:53", "udp/5353:53")]
    public void Port_forwards(string text, string means)
    {
        Assert.True(PortForward.TryParse(text, out var forward));
        Assert.Equal(means, forward.ToString());
        Assert.True(PortForward.TryParse(means, out var again));
        Assert.Equal(forward, again);
    }

    [Fact]
    public void Interfaces_survive_the_way_to_the_monitor()
    {
        Assert.True(NicSpec.TryParse("forward=2222:22 udp/53:53,rate=1MB/s,mtu=1400,untrusted", 3, out var nic, out _));
        var config = new Xenolith.Config.DomainConfig { Name = "a", Uuid = Guid.NewGuid(), Nics = [nic, new() { DeviceId = 4 }] };

        var copy = Xenolith.Config.Json.DomainConfigSerializer.Deserialize(Xenolith.Config.Json.DomainConfigSerializer.Serialize(config));

        Assert.Equal(config.Nics, copy.Nics);
    }
}
