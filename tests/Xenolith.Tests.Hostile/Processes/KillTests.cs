using Xenolith.Host;

namespace Xenolith.Tests.Hostile.Processes;

/// <summary>kill -9 of each process of a domain leaves nothing behind; a zombie is dead; the next xl cleans up.</summary>
[Collection("host")]
public sealed class KillTests : TestHost
{
    [Fact]
    public void A_killed_domain_process_is_a_crash_and_its_monitor_cleans_up()
    {
        Create("guest", "echo");
        Kill(Find("guest")!.DomainPid);

        Eventually(() => Find("guest") is null, () => "it is still listed");
        AssertNothingIsLeft();
        Assert.Contains("was killed by signal 9", Log("guest"));
    }

    [Fact]
    public void A_killed_domain_process_is_restarted_if_a_crash_would_be()
    {
        Create("guest", "echo", "on_crash=restart");
        var uuid = Find("guest")!.Uuid;
        Kill(Find("guest")!.DomainPid);

        Eventually(() => Find("guest") is { Domid: 2, DomainPid: > 0 }, () => "it does not come back");
        Assert.Equal(uuid, Find("guest")!.Uuid);
    }

    [Fact]
    public void A_killed_monitor_takes_its_domain_along_and_the_next_xl_cleans_up()
    {
        Create("guest", "echo");
        Kill(MonitorOf("guest"));

        Eventually(() => Processes().Count == 0, () => "the domain process goes on");
        Assert.Equal((0, "Domain-0 0 r-----\n", string.Empty), RunXl("list"));
        AssertNothingIsLeft();
    }

    [Fact]
    public void Monitor_and_domain_killed_together_are_cleaned_up_by_the_next_create()
    {
        Create("guest", "echo");
        var (monitor, domain) = (MonitorOf("guest"), Find("guest")!.DomainPid);
        Kill(monitor);
        Kill(domain);
        Eventually(() => Processes().Count == 0, () => "a process goes on");

        Assert.Equal(2, Create("guest", "echo"));
        Assert.Equal(2, Find("guest")!.Domid);
    }

    [Fact]
    public void A_kept_domain_whose_process_is_killed_goes()
    {
        Create("guest", "shutdown=3", "on_crash=preserve");
        Eventually(() => Find("guest")!.StateLetters == "---sc-", () => "it is not kept");
        Kill(Find("guest")!.DomainPid);

        Eventually(() => Find("guest") is null, () => "it is still listed");
        AssertNothingIsLeft();
    }

    [Fact]
    public void A_domain_process_that_dies_of_itself_is_told_with_its_signal()
    {
        Create("guest", "say=before abort");

        Eventually(() => Find("guest") is null, () => "it is still listed");
        Assert.Contains("was killed by signal 6", Log("guest"));
    }

    [Theory]
    [InlineData("tell=changed,online,abc")]
    [InlineData("tell=changed,online,0,-1")]
    [InlineData("tell=changed,online,99999999999999")]
    public void A_domain_process_that_talks_nonsense_ends_and_its_monitor_cleans_up(string script)
    {
        Create("guest", script);

        Eventually(() => Find("guest") is null, () => "it is still listed");
        AssertNothingIsLeft();
        var log = File.ReadAllText(System.IO.Path.Combine(Path, "log", "xl-guest.log"));
        Assert.Contains("Domain 1: its process was killed by signal 9\n", log);
        Assert.DoesNotContain("   at Xenolith", log);
    }

    [Fact]
    public void Terminating_a_monitor_ends_its_domain_cleanly()
    {
        Create("guest", "echo");
        using var monitor = ProcessHandle.TryOpen(MonitorOf("guest"))!;
        monitor.Signal(ProcessHandle.Terminate);

        Eventually(() => Processes().Count == 0, () => "a process goes on");
        Assert.Empty(Nodes());
        Assert.Empty(Directory.GetDirectories(System.IO.Path.Combine(Path, "domains")));
    }

    [Fact]
    public void A_listed_process_id_that_belongs_to_another_is_never_touched()
    {
        // A state file left by a crash may name any process: only its life lock counts.
        var directory = Directory.CreateDirectory(System.IO.Path.Combine(Path, "domains", "7")).FullName;
        File.WriteAllText(
            System.IO.Path.Combine(directory, "state"),
            $"domid=7\nname=ghost\nuuid={Guid.NewGuid()}\nphase=Alive\nmonitor={Environment.ProcessId}\nprocess={Environment.ProcessId}\ncreated=1\n");
        File.WriteAllText(System.IO.Path.Combine(directory, "lock"), string.Empty);

        Assert.Single(Host.List());
        Assert.False(Directory.Exists(directory));
    }

    private string Log(string name) => File.ReadAllText(System.IO.Path.Combine(Path, "log", $"xl-{name}.log"));

    private int MonitorOf(string name) => Processes().Single(p => p != Find(name)!.DomainPid);

    private static void Kill(int pid)
    {
        // It may have followed another that was killed before it.
        using var process = ProcessHandle.TryOpen(pid);
        process?.Signal(ProcessHandle.Kill);
    }
}
