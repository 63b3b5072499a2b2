using Xenolith.Machine.Time;

namespace Xenolith.Tests.Unit.Machine.Time;

/// <summary>The thread of a domain's timers.</summary>
public sealed class DomainTimersTests
{
    [Fact]
    public async Task Ending_never_meets_a_thread_that_sleeps_on()
    {
        // A lost wake-up is a join without end.
        await Task.Run(
            () =>
            {
                for (var i = 0; i < 3000; i++)
                {
                    var timers = new DomainTimers(new SystemTime(1_000_000_000));
                    timers.Set(new Deadline(() => { }), long.MaxValue / 2);
                    Thread.SpinWait(i * 5);
                    timers.Dispose();
                }
            },
            TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Timers_expire_whatever_was_set_moved_or_stopped_before_them()
    {
        var time = new SystemTime(TscCalibration.Hertz);
        using var timers = new DomainTimers(time);
        using var expired = new CountdownEvent(2);
        var never = new Deadline(() => Assert.Fail("a stopped timer expired"));
        var late = new Deadline(() => expired.Signal());
        var soon = new Deadline(() => expired.Signal());

        timers.Set(late, long.MaxValue / 2);
        timers.Set(never, time.Now() + 3_600_000_000_000);
        timers.Set(late, time.Now() + 20_000_000);
        timers.Set(soon, time.Now() - 1);
        timers.Stop(never);

        Assert.True(expired.Wait(TimeSpan.FromMinutes(1)));
        Assert.Equal(long.MaxValue, timers.Withdraw(never));
        timers.Set(never, 1L << 60);
        Assert.Equal(1L << 60, timers.Withdraw(never));
    }
}
