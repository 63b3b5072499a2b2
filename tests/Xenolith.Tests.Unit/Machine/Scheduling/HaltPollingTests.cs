using Xenolith.Machine.Scheduling;

namespace Xenolith.Tests.Unit.Machine.Scheduling;

/// <summary>Polling before sleeping: learnt from short waits, unlearnt by long ones.</summary>
public sealed class HaltPollingTests
{
    [Fact]
    public void An_idle_guest_never_polls()
    {
        var polling = default(HaltPolling);
        for (var i = 0; i < 100; i++)
        {
            polling.Waited(4_000_000, slept: true);
            Assert.Equal(0, polling.Budget);
        }
    }

    [Fact]
    public void Short_waits_that_needed_sleep_make_it_poll_up_to_the_limit()
    {
        var polling = default(HaltPolling);
        for (var i = 0; i < 10; i++)
        {
            polling.Waited(20_000, slept: true);
        }

        Assert.Equal(HaltPolling.Longest, polling.Budget);
        polling.Waited(20_000, slept: false);
        Assert.Equal(HaltPolling.Longest, polling.Budget);
    }

    [Fact]
    public void Long_waits_end_it_soon()
    {
        var polling = default(HaltPolling);
        polling.Waited(1, slept: true);
        polling.Waited(1, slept: true);
        for (var i = 0; i < 4; i++)
        {
            polling.Waited(HaltPolling.Longest + 1, slept: true);
        }

        Assert.Equal(0, polling.Budget);
    }
}
