using Xenolith.Host;
using Xenolith.Toolstack;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Tests.Unit.Toolstack;

/// <summary>design, "Hosts" and "Ids": claims in one locked step, liveness by lock, the boot id.</summary>
public sealed class HostStateTests : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("xenolith-state-").FullName;

    public void Dispose() => Directory.Delete(_path, recursive: true);

    [Fact]
    public void A_claim_is_listed_until_it_is_released()
    {
        using var state = Open();
        var claim = Claim(state, "guest");

        Assert.Equal(["guest"], state.Living(out _).Select(d => d.Name));
        state.Release(claim, 0);
        Assert.Empty(state.Living(out var dead));
        Assert.False(dead);
    }

    [Fact]
    public void A_name_is_claimed_once()
    {
        using var state = Open();
        using var claim = Claim(state, "guest");

        var refusal = Assert.Throws<ToolstackException>(() => Claim(state, "guest"));
        Assert.Equal(3, refusal.ExitCode);
        Assert.Contains("domain id 1", refusal.Message);
        Assert.Single(state.Living(out _));
    }

    [Fact]
    public void The_hosts_own_name_is_refused()
    {
        using var state = Open();

        Assert.Contains("the host's own", Assert.Throws<ToolstackException>(() => Claim(state, "Domain-0")).Message);
    }

    [Fact]
    public void Whose_lock_is_gone_is_dead_and_swept_and_its_id_rests()
    {
        using var state = Open();
        Claim(state, "guest").Life.Dispose();

        Assert.Empty(state.Living(out var dead));
        Assert.True(dead);
        var removed = new List<string>();
        using (var held = state.Lock())
        {
            state.Sweep(held, 1000, record => removed.Add(record.Name));
        }

        Assert.Equal(["guest"], removed);
        using var next = Claim(state, "guest", 1000);
        Assert.Equal(2, next.Record.Domid);
    }

    [Fact]
    public void State_of_an_earlier_boot_is_dropped()
    {
        using (var state = Open("boot one"))
        {
            Claim(state, "guest").Life.Dispose();
        }

        using var later = Open("boot two");
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_path, "domains")));
        Assert.Equal(1, Claim(later, "guest").Record.Domid);
    }

    [Fact]
    public void A_stale_file_left_by_a_kill_in_the_midst_of_writing_does_not_matter()
    {
        using var state = Open();
        using var claim = Claim(state, "guest");
        File.WriteAllText(Path.Combine(_path, "domains", "1", "state.new"), "half");

        (claim.Record with { Paused = false }).Write(claim.Directory);

        Assert.False(state.Living(out _)[0].Paused);
    }

    private static ClaimedDomain Claim(HostState state, string name, long now = 0)
    {
        using var held = state.Lock();
        return state.Claim(held, now, domid => new() { Domid = domid, Name = name, Uuid = Guid.NewGuid() });
    }

    private HostState Open(string bootId = "boot") => HostState.Open(RunDirectory.Open(_path, RunDirectory.UserId(), isolated: true), bootId);
}
