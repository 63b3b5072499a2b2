namespace Xenolith.Devices.Net.Guest;

/// <summary>
/// A vif's <c>rate=</c>: so many bytes in every interval, with a burst of at least one large packet, as Linux's netback counts. Pure: the
/// caller says what time it is. Owned by one thread.
/// </summary>
public sealed class RateLimit
{
    private const ulong LargestPacket = 128 << 10;

    private readonly ulong _bytes;
    private readonly TimeSpan _interval;
    private ulong _credit;
    private TimeSpan _windowStart = TimeSpan.MinValue;

    /// <summary>A limit.</summary>
    /// <param name="bytes">Bytes an interval; 0 for no limit.</param>
    /// <param name="microseconds">The interval.</param>
    public RateLimit(ulong bytes, ulong microseconds)
    {
        _bytes = _credit = bytes;
        _interval = TimeSpan.FromMicroseconds(Math.Clamp(microseconds, 1000UL, 60_000_000UL));
    }

    /// <summary>True if there is a limit.</summary>
    public bool IsLimited => _bytes != 0;

    /// <summary>When the next credit comes; meaningful after <see cref="TrySpend"/> said no.</summary>
    public TimeSpan Next => _windowStart + _interval;

    /// <summary>Takes credit for a packet; false if it has to wait until <see cref="Next"/>.</summary>
    /// <param name="size">Bytes of the packet.</param>
    /// <param name="now">A clock that never goes back.</param>
    public bool TrySpend(int size, TimeSpan now)
    {
        if (_bytes == 0)
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
}
