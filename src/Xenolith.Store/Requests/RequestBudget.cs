namespace Xenolith.Store.Requests;

/// <summary>
/// Slows a domain that floods its ring, and nobody else: a bucket of requests that fills with time. A domain that boots or attaches
/// devices makes some hundred requests and never meets the bottom.
/// </summary>
internal sealed class RequestBudget
{
    /// <summary>Requests a second in the long run.</summary>
    public const int Rate = 10_000;

    /// <summary>Requests that may come at once.</summary>
    public const int Burst = 5_000;

    private double _tokens = Burst;
    private long _filledAt;

    /// <summary>Takes one request out; false if the domain has to wait.</summary>
    /// <param name="now">Milliseconds of a monotonic clock.</param>
    public bool TryTake(long now)
    {
        if (_tokens < 1)
        {
            _tokens = Math.Min(Burst, _tokens + (now - _filledAt) * (Rate / 1000.0));
            _filledAt = now;
            if (_tokens < 1)
                return false;
        }
        else if (_tokens >= Burst)
        {
            _filledAt = now;
        }

        _tokens--;
        return true;
    }
}
