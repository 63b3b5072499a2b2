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
}
