using Xenolith.Cli.Xl;
using Xenolith.Tests.Unit.Captures;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Tests.Unit.Cli;

/// <summary>Commands about memory, vCPUs, shares and the hypervisor's operator, on a host in memory with two CPUs.</summary>
public sealed class ResourceCommandTests
{
    private readonly XlRun _run = new();

    public ResourceCommandTests()
    {
        _run.Host.Domains.Add(new() { Domid = 0, Name = "Domain-0", Uuid = Guid.Empty, MemoryKib = 1 << 20, MaximumKib = 1 << 20, Vcpus = 2, MaximumVcpus = 2 });
        _run.Host.Domains.Add(new() { Domid = 1, Name = "testpv", Uuid = Guid.Empty, MemoryKib = 204800, MaximumKib = 262144, Vcpus = 1, MaximumVcpus = 4 });
    }

    [Theory]
    [InlineData("mem-set testpv 200", "memory 1 204800")]
    [InlineData("mem-set 1 200m", "memory 1 204800")]
    [InlineData("mem-set 1 1G", "memory 1 1048576")]
    [InlineData("mem-set 1 2048k", "memory 1 2048")]
    [InlineData("mem-set 1 1048576b", "memory 1 1024")]
    [InlineData("mem-max testpv 1t", "maximum 1 1073741824")]
    [InlineData("vcpu-set testpv 2", "vcpus 1 2")]
    [InlineData("vcpu-set -i testpv 4", "vcpus 1 4")]
    [InlineData("vcpu-pin testpv 0 1", "pin 1 0 1 -")]
    [InlineData("vcpu-pin testpv all 0-1,^0 all", "pin 1 all 1 all")]
    [InlineData("vcpu-pin testpv 0 - nodes:0", "pin 1 0 - all")]
    [InlineData("sched-credit2 -d testpv -w 512", "schedule 1 512 -")]
    [InlineData("sched-credit -d testpv -c 50", "schedule 1 - 50")]
    [InlineData("sched-credit2 --domain=1 --weight=7 --cap=0", "schedule 1 7 0")]
    [InlineData("trigger testpv nmi", "nmi 1 0")]
    [InlineData("trigger testpv nmi 3", "nmi 1 3")]
    [InlineData("debug-keys qe", "keys qe")]
    public void What_is_asked_reaches_the_domain(string line, string asked)
    {
        Assert.Equal(0, _run.Xl(line.Split(' ')));
        Assert.Equal([asked], _run.Host.Asked);
        Assert.Empty(_run.Stdout);
    }

    [Theory]
    [InlineData(0, "vcpu-pin 0 all all")]
    [InlineData(0, "vcpu-set 0 2")]
    [InlineData(1, "vcpu-pin 0 0 1")]
    [InlineData(1, "mem-set 0 512")]
    [InlineData(1, "mem-set 0 abc")]
    [InlineData(1, "mem-max 0 abc")]
    [InlineData(2, "mem-set testpv -5")]
    [InlineData(1, "vcpu-set 0 abc")]
    [InlineData(1, "vcpu-set testpv 3")]
    [InlineData(1, "vcpu-pin testpv 0 77")]
    [InlineData(1, "vcpu-pin testpv x 0")]
    [InlineData(1, "vcpu-pin testpv 0 1-0")]
    [InlineData(1, "vcpu-pin -f testpv all 0")]
    [InlineData(1, "trigger 0 bogus")]
    [InlineData(0, "trigger testpv power")]
    [InlineData(0, "button-press testpv power")]
    [InlineData(1, "button-press testpv eject")]
    [InlineData(1, "sched-credit2 -w 3")]
    [InlineData(1, "sched-credit2 -p Pool-9")]
    [InlineData(1, "sched-credit2 -p Pool-0 -d testpv")]
    [InlineData(1, "sched-credit2 -d testpv -w many")]
    [InlineData(1, "sched-credit2 -d nosuch")]
    [InlineData(1, "sched-credit -d nosuch")]
    [InlineData(1, "sched-credit -s -t 5")]
    [InlineData(1, "config-update testpv")]
    [InlineData(2, "mem-set")]
    [InlineData(2, "vcpu-pin testpv 0")]
    [InlineData(2, "debug-keys")]
    public void What_cannot_be_has_real_xls_exit_code(int code, string line)
    {
        Assert.Equal(code, _run.Xl(line.Split(' ')));
        Assert.Empty(_run.Host.Asked);
    }

    [Theory]
    [InlineData("12-sched")]
    [InlineData("12-sched-d")]
    [InlineData("sched-credit")]
    public void Shares_are_shown_as_real_xl_shows_them(string name)
    {
        var capture = XenCapture.Read("xl-sched.txt").Single(c => c.Name == name);

        Assert.Equal(0, _run.Xl(capture.Command.Split(' ')[1..]));
        Assert.Equal(capture.Stdout, _run.Stdout);
    }

    [Fact]
    public void Nothing_is_shared()
    {
        Assert.Equal(0, _run.Xl("sharing", "testpv"));
        Assert.Equal(
            "Name                                        ID   Mem Shared\n"
            + "testpv                                       1   200      0\n",
            _run.Stdout);
    }

    [Fact]
    public void A_dry_run_of_vcpu_pin_prints_the_map()
    {
        Assert.Equal(0, _run.Xl("-N", "vcpu-pin", "testpv", "0", "0-1,^0", "all"));
        Assert.Equal("cpumap: 1 all\n", _run.Stdout);
        Assert.Empty(_run.Host.Asked);
    }

    [Fact]
    public void A_vcpu_that_is_offline_has_no_cpu()
    {
        _run.Host.VcpuRows[1] = [new(0, true, false, 1, 6_600_000_000, "1"), new(1, false, false, 0, 2_100_000_000, "all", "0")];

        Assert.Equal(0, _run.Xl("vcpu-list", "testpv"));
        Assert.Equal(
            DomainTable.VcpuHeading
            + "testpv                               1     0    1   -b-       6.6  1 / all\n"
            + "testpv                               1     1    -   --p       2.1  all / 0\n",
            _run.Stdout);
    }
}
