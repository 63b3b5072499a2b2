namespace Xenolith.Tests.Hostile.Processes;

/// <summary>What becomes of a domain that has shut down: the actions of xl.cfg, ids, names and the store's events.</summary>
[Collection("host")]
public sealed class LifecycleTests : TestHost
{
    [Fact]
    public void Poweroff_destroys_by_default()
    {
        Create("guest", "shutdown=0");

        Eventually(() => Find("guest") is null, () => "it is still listed");
        AssertNothingIsLeft();
        Assert.Equal(["introduce 1", "shutdown 1", "release 1"], Events());
    }

    [Fact]
    public void A_reboot_is_a_new_domain_with_a_new_id_and_the_same_uuid()
    {
        var config = ScriptedXl.Config("guest", "sleep=500 shutdown=1");
        Host.Create(config, new());

        // It goes on rebooting, so that it may be seen in any of its later lives, or between two of them.
        Eventually(() => Find("guest") is { Domid: > 1 } again && again.Uuid == config.Uuid, () => "it does not come back as itself");
    }

    [Fact]
    public void Preserve_keeps_it_as_it_is_until_destroyed()
    {
        Create("guest", "spin=50 shutdown=0", "on_poweroff=preserve");

        Eventually(() => Find("guest")!.StateLetters == "---s--", () => "it is not kept");
        Assert.True(Find("guest")!.CpuNanoseconds > 0);
        Assert.NotEmpty(Nodes());
        Host.Destroy(1);
        AssertNothingIsLeft();
    }

    [Fact]
    public void A_crash_shows_its_letter_and_its_cause()
    {
        Create("guest", "shutdown=3", "on_crash=preserve");

        Eventually(() => Find("guest")!.StateLetters == "---sc-", () => "it is not kept");
        var log = System.IO.Path.Combine(Path, "log", "xl-guest.log");
        Eventually(() => File.ReadAllText(log).Contains("Domain 1: the script crashed\n", StringComparison.Ordinal), () => File.ReadAllText(log));
    }

    [Fact]
    public void Rename_restart_keeps_the_old_one_under_another_name_and_uuid()
    {
        var config = ScriptedXl.Config("guest", "sleep=300 shutdown=3", "on_crash=rename-restart");
        Host.Create(config, new());

        // The new one crashes too, and so on.
        Eventually(() => Find("guest") is { Domid: > 1 } again && again.Uuid == config.Uuid, () => "it does not come back as itself");
        var kept = Find("guest-1")!;
        Assert.Equal((1, "---sc-"), (kept.Domid, kept.StateLetters));
        Assert.NotEqual(config.Uuid, kept.Uuid);
    }

    [Fact]
    public void Waiting_tells_the_shutdown_and_then_the_end()
    {
        var domid = Create("guest", "sleep=300 shutdown=0", "on_poweroff=preserve");
        using var wait = Host.Watch(domid);

        Assert.Equal(new(0, false), wait.Next(death: false));
        Host.Destroy(domid);
        Assert.Equal(new(0, true), wait.Next(death: true));
    }

    [Fact]
    public void A_rename_is_seen_at_once_and_by_the_store()
    {
        var domid = Create("guest", "echo");

        Host.Rename(domid, "other");

        Assert.Null(Find("guest"));
        Assert.Equal("other n0,r1", File.ReadAllText(System.IO.Path.Combine(Path, FileStoreFinder.Folder, "%local%domain%1%name")));
    }

    [Fact]
    public void Ids_count_up_and_a_freed_one_rests()
    {
        Assert.Equal(1, Create("first", "echo"));
        Host.Destroy(1);
        Assert.Equal(2, Create("second", "echo"));
    }

    [Fact]
    public void The_log_of_a_life_is_xls()
    {
        Create("guest", "echo");
        Host.Destroy(1);

        Assert.Matches(
            @"^Waiting for domain guest \(domid 1\) to die \[pid \d+\]\nDomain 1 has been destroyed\.\n$",
            File.ReadAllText(System.IO.Path.Combine(Path, "log", "xl-guest.log")));
    }

    [Fact]
    public void An_older_log_of_the_same_name_is_rotated_away()
    {
        Create("guest", "echo");
        Host.Destroy(1);
        Create("guest", "echo");

        Assert.Contains("(domid 1)", File.ReadAllText(System.IO.Path.Combine(Path, "log", "xl-guest.log.1")));
        Assert.Contains("(domid 2)", File.ReadAllText(System.IO.Path.Combine(Path, "log", "xl-guest.log")));
    }

    private string[] Events() => File.ReadAllLines(System.IO.Path.Combine(Path, FileStoreFinder.Folder, "events"));
}
