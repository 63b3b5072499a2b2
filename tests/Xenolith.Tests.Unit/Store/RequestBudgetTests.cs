using Xenolith.Store.Requests;

namespace Xenolith.Tests.Unit.Store;

/// <summary>A domain may make a burst of requests, and then so many a second.</summary>
public class RequestBudgetTests
{
    private readonly RequestBudget _budget = new();

    [Fact]
    public void A_burst_is_served_and_what_comes_after_has_to_wait()
    {
        for (var i = 0; i < RequestBudget.Burst; i++)
            Assert.True(_budget.TryTake(1000));
        Assert.False(_budget.TryTake(1000));
    }

    [Fact]
    public void The_budget_fills_with_time_and_not_beyond_a_burst()
    {
        while (_budget.TryTake(1000))
        {
        }

        Assert.Equal(RequestBudget.Rate / 10, Taken(1100));
        Assert.Equal(RequestBudget.Burst, Taken(1_000_000));
    }

    private int Taken(long now)
    {
        var count = 0;
        while (_budget.TryTake(now))
            count++;
        return count;
    }
}
