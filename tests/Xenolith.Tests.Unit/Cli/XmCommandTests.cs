using Xenolith.Toolstack.Hosts;

namespace Xenolith.Tests.Unit.Cli;

public sealed class XmCommandTests
{
    private readonly XlRun _run = new();

    public XmCommandTests() => _run.Host.Domains.Add(new DomainSummary
    {
        Domid = 1,
        Name = "foo",
        Uuid = Guid.Empty,
        MemoryKib = 1024 * 1024,
        MaximumKib = 1024 * 1024,
        Vcpus = 1,
        Blocked = true,
        CpuNanoseconds = 3_100_000_000,
    });

    [Fact]
    public void List_has_the_six_columns_of_xm()
    {
        Assert.Equal(0, _run.Xm("list"));
        Assert.Equal(
            "Name                                        ID   Mem VCPUs      State   Time(s)\n"
            + "foo                                          1  1024     1     -b----       3.1\n", _run.Stdout);
    }

    [Theory]
    [InlineData("-H", "halt 1")]
    [InlineData("-R", "reboot 1")]
    [InlineData("-w", "poweroff 1")]
    public void Shutdown_can_halt_and_reboot(string option, string asked)
    {
        Assert.Equal(0, _run.Xm("shutdown", option, "foo"));
        Assert.Contains(asked, _run.Host.Asked);
    }

    [Fact]
    public void Create_reads_the_older_dialect()
    {
        Assert.Equal(0, _run.Xm("create", "-c", "/dev/null", "memory=128", "name=n", "kernel=/k"));
        Assert.Equal(["create n paused=False F=False e=False c=True"], _run.Host.Asked);
    }
}
