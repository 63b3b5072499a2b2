using Xenolith.Devices.Net.Guest;

namespace Xenolith.Tests.Unit.Devices.Net;

public sealed class RateLimitTests
{
    [Fact]
    public void Over_time_no_more_passes_than_was_promised()
    {
        // 1 MB/s in windows of 50 ms, asked every millisecond for ten seconds.
        var limit = new RateLimit(50_000, 50_000);
        var passed = 0;
        for (var ms = 0; ms < 10_000; ms++)
        {
            while (limit.TrySpend(1500, TimeSpan.FromMilliseconds(ms), out _))
            {
                passed += 1500;
            }
        }

        Assert.InRange(passed, 9_900_000, 10_200_000);
    }

    [Fact]
    public void A_packet_larger_than_an_interval_passes_after_enough_of_them()
    {
        var limit = new RateLimit(1000, 50_000);
        Assert.False(limit.TrySpend(60_000, TimeSpan.Zero, out _));
        Assert.False(limit.TrySpend(60_000, TimeSpan.FromSeconds(1), out _));
        Assert.True(limit.TrySpend(60_000, TimeSpan.FromSeconds(4), out _));
    }

    [Fact]
    public void Without_a_limit_everything_passes()
    {
        var limit = new RateLimit(0, 0);
        Assert.False(limit.IsLimited);
        Assert.True(limit.TrySpend(int.MaxValue, TimeSpan.Zero, out _));
    }

    [Fact]
    public void Idle_time_is_saved_up_only_to_a_burst()
    {
        var limit = new RateLimit(1000, 1000);
        Assert.True(limit.TrySpend(1, TimeSpan.Zero, out _));
        var passed = 0;
        while (limit.TrySpend(1000, TimeSpan.FromHours(1), out _))
        {
            passed += 1000;
        }

        Assert.InRange(passed, 100_000, 140_000);
    }

    [Fact]
    public void A_changed_limit_holds_from_the_next_question_on()
    {
        var rate = new RateLimit(1000, 1000);
        Assert.True(rate.TrySpend(1000, TimeSpan.Zero, out _));
        Assert.False(rate.TrySpend(1, TimeSpan.Zero, out _));

        rate.Change(0, 0);
        Assert.False(rate.IsLimited);
        Assert.True(rate.TrySpend(100_000, TimeSpan.Zero, out _));

        rate.Change(500, 1000);
        Assert.True(rate.IsLimited);
        Assert.True(rate.TrySpend(500, TimeSpan.Zero, out _));
        Assert.False(rate.TrySpend(500, TimeSpan.Zero, out _));
        Assert.True(rate.TrySpend(500, TimeSpan.FromMilliseconds(1), out _));
    }
}
