using Xenolith.Tests.Unit.Captures;
using Xenolith.Toolstack.Devices.Nics;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Tests.Unit.Cli;

/// <summary>xl network-list, network-attach, network-detach: as real xl on a host in the same state.</summary>
public sealed class NetworkCommandTests
{
    private static readonly NicStatus First = new(0, "00:16:3e:12:34:56", 4, -1, 522, 523, "/local/domain/0/backend/vif/1/0", null);
    private static readonly NicStatus Second = new(1, "00:16:3e:aa:bb:cc", 4, -1, 1036, 1037, "/local/domain/0/backend/vif/1/1", "user-space switch bridge0 (asked for)");

    private readonly XlRun _run = new();

    public NetworkCommandTests()
    {
        foreach (var (domid, name) in (ReadOnlySpan<(int, string)>)[(0, "Domain-0"), (1, "testpv")])
        {
            _run.Host.Domains.Add(new DomainSummary { Domid = domid, Name = name, Uuid = Guid.Empty, MemoryKib = 0, MaximumKib = 0, Vcpus = 1 });
        }
    }

    [Theory]
    [InlineData("03-network-list", 1)]
    [InlineData("08-network-list", 2)]
    [InlineData("03-vif-list-0", 1)]
    [InlineData("08-network-attach", 1)]
    [InlineData("08-network-detach", 2)]
    [InlineData("z045-cmd", 0)]
    [InlineData("z046-cmd", 0)]
    [InlineData("z047-cmd", 0)]
    [InlineData("z048-cmd", 0)]
    [InlineData("z049-cmd", 0)]
    public void As_real_xl(string name, int nics)
    {
        _run.Host.NicRows[1] = [.. ((NicStatus[])[First, Second]).Take(nics)];
        var expected = XenCapture.Read("xl-network.txt").Single(capture => capture.Name == name);

        Assert.Equal(expected.Exit, _run.Xl([.. expected.Command.Split(' ').Skip(1)]));
        Assert.Equal(expected.Stdout, _run.Stdout);
    }

    [Fact]
    public void The_way_out_is_told_beside_the_table()
    {
        _run.Host.NicRows[1] = [First, Second];

        Assert.Equal(0, _run.Xl("network-list", "testpv"));
        Assert.Equal("vif 1 (00:16:3e:aa:bb:cc): user-space switch bridge0 (asked for)\n", _run.Stderr);
    }

    [Fact]
    public void A_vif_is_attached_with_a_number_of_the_hosts_choice_and_its_way_is_told()
    {
        Assert.Equal(0, _run.Xl("network-attach", "testpv", "mac=00:16:3E:AA:BB:CC", "bridge=bridge0"));
        Assert.Equal(["attach 1 vif devid=-1 mac=00:16:3e:aa:bb:cc bridge=bridge0"], _run.Host.Asked);
        Assert.Equal("a remark\n", _run.Stderr);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("00:16:3E:AA:BB:CC")]
    public void A_vif_is_detached_by_number_or_address(string which)
    {
        _run.Host.NicRows[1] = [First, Second];

        Assert.Equal(0, _run.Xl("network-detach", "testpv", which));
        Assert.Equal(["detach 1 vif 1 ThenForce"], _run.Host.Asked);
    }

    [Theory]
    [InlineData("Unknown device 7. See the interfaces of testpv with: xl network-list testpv\n", "network-detach", "testpv", "7")]
    [InlineData("Unknown device 00:16:3e:00:00:07.", "network-detach", "testpv", "00:16:3e:00:00:07")]
    [InlineData("vif `brige=x': unknown key `brige'; did you mean `bridge'?", "network-attach", "testpv", "brige=x")]
    [InlineData("type ioemu is an emulated card", "network-attach", "testpv", "type=ioemu")]
    [InlineData("only Domain-0 serves interfaces", "network-attach", "testpv", "backend=net")]
    public void What_cannot_be_is_named(string why, params string[] words)
    {
        Assert.Equal(1, _run.Xl(words));
        Assert.StartsWith(why, _run.Stderr.Replace("backend `net': ", ""));
        Assert.Empty(_run.Host.Asked);
    }

    [Fact]
    public void A_dry_run_prints_the_interface_and_asks_nobody()
    {
        Assert.Equal(0, _run.Xl("-N", "network-attach", "testpv", "mac=00:16:3e:aa:bb:cc", "bridge=br0"));
        Assert.Equal("vif: {\n    \"mac\": \"00:16:3e:aa:bb:cc\",\n    \"bridge\": \"br0\"\n}\n\n", _run.Stdout);
        Assert.Empty(_run.Host.Asked);
    }
}
