namespace Xenolith.Devices.Net.Guest;

/// <summary>
/// A vif's <c>rate=</c>: so many bytes in every interval, with a burst of at least one large packet, as Linux's netback counts. Pure: the
/// caller says what time it is. Owned by one thread, but for <see cref="Change"/>.
/// </summary>
public sealed class RateLimit
{
    private const ulong LargestPacket = 128 << 10;

    private ulong _bytes;
    private TimeSpan _interval;
    private ulong _credit;
    private TimeSpan _windowStart = TimeSpan.MinValue;
    private Limit? _next;

    /// <summary>A limit.</summary>
    /// <param name="bytes">Bytes an interval; 0 for no limit.</param>
    /// <param name="microseconds">The interval.</param>
    public RateLimit(ulong bytes, ulong microseconds) => Set(new(bytes, microseconds));

    /// <summary>True if there is a limit.</summary>
    public bool IsLimited
    {
        get
        {
            if (Volatile.Read(ref _next) is not null && Interlocked.Exchange(ref _next, null) is { } next)
            {
                Set(next);
            }

            return _bytes != 0;
        }
    }

    /// <summary>When the next credit comes; meaningful after <see cref="TrySpend"/> said no.</summary>
    public TimeSpan Next => _windowStart + _interval;

    /// <summary>Makes it another limit, from the owner's next question on. Any thread.</summary>
    public void Change(ulong bytes, ulong microseconds) => Volatile.Write(ref _next, new(bytes, microseconds));

    /// <summary>Takes credit for a packet; false if it has to wait until <see cref="Next"/>.</summary>
    /// <param name="size">Bytes of the packet.</param>
    /// <param name="now">A clock that never goes back.</param>
    public bool TrySpend(int size, TimeSpan now)
    {
        if (!IsLimited)
        {
            return true;
        }

        if (_windowStart == TimeSpan.MinValue)
        {
            _windowStart = now;
        }

        if (now >= Next)
        {
            var intervals = (ulong)((now - _windowStart) / _interval);
            _windowStart += _interval * intervals;
            var most = Math.Max(LargestPacket, _bytes);
            _credit = intervals > most / _bytes ? most : Math.Min(most, _credit + (_bytes * intervals));
        }

        if ((ulong)size > _credit)
        {
            return false;
        }

        _credit -= (ulong)size;
        return true;
    }

    private void Set(Limit limit)
    {
        _bytes = _credit = limit.Bytes;
        _interval = TimeSpan.FromMicroseconds(Math.Clamp(limit.Microseconds, 1000UL, 60_000_000UL));
        _windowStart = TimeSpan.MinValue;
    }

    private sealed record Limit(ulong Bytes, ulong Microseconds);
}
