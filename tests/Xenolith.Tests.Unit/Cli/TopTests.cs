using Xenolith.Cli.Xl.Top;
using Xenolith.Config;
using Xenolith.Config.Disks;
using Xenolith.Config.Nics;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Tests.Unit.Cli;

/// <summary><c>xl top</c> in xentop's columns: what scripts read of its batch form.</summary>
public sealed class TopTests
{
    private const string Headings =
        "      NAME  STATE   CPU(sec) CPU(%)     MEM(k) MEM(%)  MAXMEM(k) MAXMEM(%) VCPUS NETS NETTX(k) NETRX(k) VBDS   VBD_OO   VBD_RD   VBD_WR  VBD_RSECT  VBD_WSECT SSID\n";

    private const string HostRow =
        "  Domain-0 -----r         45    0.0    1048576   25.0    1048576      25.0     2    0        0        0    0        0        0        0          0          0    0\n";

    private readonly XlRun _run = new();

    public TopTests()
    {
        _run.Host.FactRows.AddRange([("total_memory", "4096"), ("free_memory", "1024"), ("nr_cpus", "2"), ("cpu_mhz", "2595.124"), ("xen_version", "4.17.7")]);
        _run.Host.Domains.Add(Domain(0, "Domain-0") with { MemoryKib = 1048576, MaximumKib = 1048576, Vcpus = 2, Running = true, CpuNanoseconds = 45_900_000_000 });
    }

    [Fact]
    public void The_batch_form_of_Domain_0_alone_is_xentops()
    {
        Assert.Equal(0, _run.Xl("top", "-b", "-i", "1"));
        Assert.Equal(Headings + HostRow, _run.Stdout);
    }

    [Fact]
    public void Each_iteration_has_its_heading()
    {
        Assert.Equal(0, _run.Xl("top", "--batch", "--iterations=2", "--delay=0"));
        Assert.Equal(3, _run.Stdout.Split(Headings).Length);
    }

    [Fact]
    public void Disks_and_interfaces_are_counted_and_shown_when_asked_for()
    {
        AddGuest();
        Assert.Equal(0, _run.Xl("top", "-bnxvi1"));
        Assert.Contains(
            "   testing -----r          3    0.0     262144    6.2     524288      12.5     1    1        4        2    1        1       20       30        400        600    0\n"
            + "VCPUs(sec):   0:          3s\n"
            + "Net0 RX:     2048bytes        3pkts        0err        0drop  TX:     4100bytes        5pkts        0err        1drop\n"
            + "VBD BlkBack 51712 [ca: 0]  OO:        1   RD:       20   WR:       30   RSECT:        400   WSECT:        600\n", _run.Stdout);
    }

    [Fact]
    public void A_disk_that_no_frontend_has_connected_to_has_done_nothing()
    {
        AddGuest();
        _run.Host.CounterRows.Clear();
        Assert.Equal(0, _run.Xl("top", "-bi1"));
        Assert.Contains("     1    1        0        0    1        0        0        0          0          0    0\n", _run.Stdout);
    }

    [Fact]
    public void Long_names_are_cut_unless_asked_for()
    {
        _run.Host.Domains.Add(Domain(3, "a-name-of-some-length"));
        _run.Xl("top", "-b", "-i", "1");
        Assert.Contains("\na-name-of- ", _run.Stdout);
        _run.Xl("top", "-b", "-i", "1", "-f");
        Assert.Contains("\na-name-of-some-length ", _run.Stdout);
        Assert.Contains("\n             Domain-0 ", _run.Stdout);
    }

    [Fact]
    public void Domains_stand_by_name_and_Domain_0_first_when_asked_for()
    {
        _run.Host.Domains.Add(Domain(3, "alpha"));
        _run.Xl("top", "-b", "-i", "1");
        Assert.True(_run.Stdout.IndexOf("alpha", StringComparison.Ordinal) < _run.Stdout.IndexOf("Domain-0", StringComparison.Ordinal));
        _run.Xl("top", "-b", "-i", "1", "-z");
        Assert.True(_run.Stdout.IndexOf("alpha", StringComparison.Ordinal) > _run.Stdout.IndexOf("Domain-0", StringComparison.Ordinal));
    }

    [Fact]
    public void States_are_xentops()
    {
        string State(DomainSummary summary) => new TopDomain(summary, [], 0, 0, DeviceStatistics.None, 0, 0).State;
        Assert.Equal("--b---", State(Domain(1, "a") with { Blocked = true }));
        Assert.Equal("----p-", State(Domain(1, "a") with { Paused = true }));
        Assert.Equal("-s-c--", State(Domain(1, "a") with { ShutdownReason = 3 }));
        Assert.Equal("ds----", State(Domain(1, "a") with { ShutdownReason = 0, Dying = true }));
    }

    [Fact]
    public void The_summary_counts_states_and_memory()
    {
        AddGuest();
        var text = TopTable.Summary(TopSample.Take(new Xenolith.Cli.Commands.Services(() => _run.Host), null, false), new DateTime(2026, 1, 2, 3, 4, 5));
        Assert.Equal(
            "xentop - 03:04:05   Xen 4.17.7\n2 domains: 2 running, 0 blocked, 0 paused, 0 crashed, 0 dying, 0 shutdown \n"
            + "Mem: 4194304k total, 3145728k used, 1048576k free    CPUs: 2 @ 2595MHz\n", text);
    }

    [Fact]
    public void Keys_change_what_is_shown()
    {
        var keys = new TopKeys();
        var view = keys.Press("nbvrs", new TopView());
        Assert.Equal(new TopView { Networks = true, Vbds = true, Vcpus = true, RepeatHeading = true, Sort = 1 }, view);
        view = keys.Press("d", view);
        Assert.Equal("Delay(sec): ", keys.Prompt);
        view = keys.Press("19\x7f\r", view);
        Assert.Equal((1, null), (view.Delay, keys.Prompt));
        Assert.Equal(1, keys.Press("\x1b[B", view).Skip);
        Assert.False(keys.Quit);
        keys.Press("q", view);
        Assert.True(keys.Quit);
    }

    [Theory]
    [InlineData("-d", "x")]
    [InlineData("-i", "0")]
    [InlineData("-i", "-1")]
    public void Numbers_are_checked(string option, string value) => Assert.Equal(2, _run.Xl("top", "-b", option, value));

    private void AddGuest()
    {
        _run.Host.Domains.Add(Domain(5, "testing") with { MemoryKib = 262144, MaximumKib = 524288, Running = true, CpuNanoseconds = 3_300_000_000 });
        _run.Host.VcpuRows[5] = [new(0, true, false, 1, 3_300_000_000, "all")];
        _run.Host.Configs[5] = new DomainConfig
        {
            Name = "testing",
            Uuid = Guid.Empty,
            Disks = [new DiskConfig { Target = "/d", VirtualDevice = "xvda", Writable = true }],
            Nics = [new NicConfig { Mac = "00:16:3e:12:34:56" }],
        };
        _run.Host.CounterRows.AddRange(
        [
            ("vbd/51712/oo", "1"), ("vbd/51712/rd", "20"), ("vbd/51712/wr", "30"), ("vbd/51712/rsect", "400"), ("vbd/51712/wsect", "600"),
            ("vif/0/rx_bytes", "2048"), ("vif/0/rx_packets", "3"), ("vif/0/tx_bytes", "4100"), ("vif/0/tx_packets", "5"), ("vif/0/tx_drops", "1"), ("vif/x/tx_bytes", "5"),
        ]);
    }

    private static DomainSummary Domain(int domid, string name) => new() { Domid = domid, Name = name, Uuid = Guid.Empty, MemoryKib = 0, MaximumKib = 0, Vcpus = 1 };
}
