namespace Xenolith.Toolstack.Consoles;

/// <summary>
/// The last bytes of a console's output by their position in the whole stream: a ring that grows to its capacity and never beyond.
/// Readers keep positions of their own. Thread ownership: one thread.
/// </summary>
internal sealed class ConsoleHistory(int capacity)
{
    private const int FirstSize = 16 * 1024;

    private byte[] _ring = new byte[Math.Min(FirstSize, capacity)];

    /// <summary>Position of the oldest byte kept.</summary>
    public long Start { get; private set; }

    /// <summary>Position after the newest byte.</summary>
    public long End { get; private set; }

    /// <summary>How many more bytes fit before one at or after <paramref name="position"/> is lost.</summary>
    public int RoomBefore(long position) => (int)Math.Max(0, capacity - (End - Math.Max(position, Start)));

    /// <summary>Appends; the oldest bytes go when it is full.</summary>
    public void Append(ReadOnlySpan<byte> data)
    {
        if (data.Length > capacity)
        {
            End += data.Length - capacity;
            Start = End;
            data = data[^capacity..];
        }

        Grow(data.Length);
        var at = (int)(End % _ring.Length);
        var first = Math.Min(data.Length, _ring.Length - at);
        data[..first].CopyTo(_ring.AsSpan(at));
        data[first..].CopyTo(_ring);
        End += data.Length;
        Start = Math.Max(Start, End - _ring.Length);
    }

    /// <summary>The bytes at a position, as far as they lie in one piece; empty at the end. The position must not be before <see cref="Start"/>.</summary>
    public ReadOnlySpan<byte> At(long position)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(position, Start);
        var at = (int)(position % _ring.Length);
        return _ring.AsSpan(at, (int)Math.Min(End - position, _ring.Length - at));
    }

    private void Grow(int more)
    {
        var needed = End - Start + more;
        if (needed <= _ring.Length || _ring.Length == capacity)
        {
            return;
        }

        var size = _ring.Length;
        while (size < needed && size < capacity)
        {
            size = Math.Min(size * 2, capacity);
        }

        var larger = new byte[size];
        for (var position = Start; position < End;)
        {
            var piece = At(position);
            var at = (int)(position % size);
            var count = Math.Min(piece.Length, size - at);
            piece[..count].CopyTo(larger.AsSpan(at));
            position += count;
        }

        _ring = larger;
    }
}
