namespace Xenolith.Devices.Net.Guest;

/// <summary>
/// A vif's <c>rate=</c>: so many bytes in every interval, with a burst of at least one large packet, as Linux's netback counts; but counted once for
/// all queues of the vif, so that one flow, which is one queue's, gets the whole rate. The caller says what time it is. Any thread. Locks: a leaf.
/// </summary>
public sealed class RateLimit
{
    private const ulong LargestPacket = 128 << 10;

    private readonly Lock _gate = new();
    private ulong _bytes;
    private TimeSpan _interval;
    private ulong _credit;
    private TimeSpan _windowStart;

    /// <summary>A limit.</summary>
    /// <param name="bytes">Bytes an interval; 0 for no limit.</param>
    /// <param name="microseconds">The interval.</param>
    public RateLimit(ulong bytes, ulong microseconds) => Change(bytes, microseconds);

    /// <summary>True if there is a limit.</summary>
    public bool IsLimited => Volatile.Read(ref _bytes) != 0;

    /// <summary>Makes it another limit, from the next question on.</summary>
    public void Change(ulong bytes, ulong microseconds)
    {
        lock (_gate)
        {
            _credit = bytes;
            _interval = TimeSpan.FromMicroseconds(Math.Clamp(microseconds, 1000UL, 60_000_000UL));
            _windowStart = TimeSpan.MinValue;
            Volatile.Write(ref _bytes, bytes);
        }
    }

    /// <summary>Takes credit for a packet; false if it has to wait.</summary>
    /// <param name="size">Bytes of the packet.</param>
    /// <param name="now">A clock that never goes back.</param>
    /// <param name="next">When the next credit comes.</param>
    public bool TrySpend(int size, TimeSpan now, out TimeSpan next)
    {
        lock (_gate)
        {
            if (_windowStart == TimeSpan.MinValue)
            {
                _windowStart = now;
            }

            next = _windowStart + _interval;
            if (_bytes == 0)
            {
                return true;
            }

            if (now >= next)
            {
                var intervals = (ulong)((now - _windowStart) / _interval);
                _windowStart += _interval * intervals;
                next = _windowStart + _interval;
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
}
