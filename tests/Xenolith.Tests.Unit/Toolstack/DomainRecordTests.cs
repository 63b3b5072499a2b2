using CsCheck;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Tests.Unit.Toolstack;

/// <summary>The state file that xl list reads.</summary>
public sealed class DomainRecordTests
{
    private static readonly DomainRecord Example = new()
    {
        Domid = 5,
        Name = "a=b c",
        Uuid = Guid.Parse("81299b4e-5db4-460e-b859-6f96dc547573"),
        Phase = DomainPhase.ShutDown,
        Paused = false,
        ShutdownReason = 3,
        TargetKib = 262144,
        MaximumKib = 524288,
        MemoryKib = 270000,
        LimitKib = 262144,
        OnlineVcpus = 2,
        OnlineSet = "0,3",
        HardAffinity = "0;1;all;all",
        SoftAffinity = "0-1",
        Weight = 512,
        Cap = 50,
        CpuGroup = "/sys/fs/cgroup/x=y",
        MaximumVcpus = 4,
        MonitorPid = 10,
        DomainPid = 11,
        VcpuThreads = [12, 13],
        CpuNanoseconds = 99,
        CreatedAt = 1795354310,
    };

    [Fact]
    public void It_comes_back_as_it_was_written()
    {
        var copy = DomainRecord.FromText(Example.ToText())!;

        Assert.Equal(Example.VcpuThreads, copy.VcpuThreads);
        Assert.Equal(Example, copy with { VcpuThreads = Example.VcpuThreads });
    }

    [Fact]
    public void A_file_cut_short_by_a_full_disk_is_no_record()
    {
        var text = Example.ToText();

        Assert.All(Enumerable.Range(0, text.IndexOf("created", StringComparison.Ordinal)), length => Assert.Null(DomainRecord.FromText(text[..length])));
    }

    [Fact]
    public void Rubbish_is_no_record()
    {
        Gen.String.Sample(text => DomainRecord.FromText(text) is null);
    }

    [Theory]
    [InlineData(DomainPhase.Building, true, -1, "--p---")]
    [InlineData(DomainPhase.Alive, true, -1, "--p---")]
    [InlineData(DomainPhase.Alive, false, -1, "-b----")]
    [InlineData(DomainPhase.ShutDown, false, 0, "---s--")]
    [InlineData(DomainPhase.ShutDown, false, 3, "---sc-")]
    [InlineData(DomainPhase.Dying, false, 1, "---s-d")]
    public void Its_letters_are_xls(DomainPhase phase, bool paused, int reason, string letters)
    {
        var record = Example with { Phase = phase, Paused = paused, ShutdownReason = reason, VcpuThreads = [] };

        Assert.Equal(letters, DomainSummary.Of(record).StateLetters);
    }

    [Fact]
    public void What_it_still_has_is_promised_too()
    {
        Assert.Equal(270000, Example.PromisedKib);
        Assert.Equal(300000, (Example with { LimitKib = 300000 }).PromisedKib);
    }

    [Fact]
    public void Vcpus_are_online_and_placed_by_number()
    {
        var summary = DomainSummary.Of(Example);

        Assert.Equal([0, 3], summary.OnlineVcpus);
        Assert.Equal(("1", "all", "0-1", "all"), (summary.HardAffinityOf(1), summary.HardAffinityOf(7), summary.SoftAffinityOf(0), summary.SoftAffinityOf(1)));
    }

    [Fact]
    public void The_time_of_a_domain_is_that_of_its_threads()
    {
        var record = Example with { DomainPid = Environment.ProcessId, VcpuThreads = [Environment.ProcessId], CpuNanoseconds = 0 };

        Assert.True(DomainSummary.Of(record).CpuNanoseconds > 0);
    }
}
