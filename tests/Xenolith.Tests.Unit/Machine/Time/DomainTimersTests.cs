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
}
