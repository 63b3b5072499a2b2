using System.Buffers;

namespace Xenolith.Store.Wire;

/// <summary>Bytes on their way to a client. The array is borrowed from the pool only while something waits in it.</summary>
internal sealed class OutputQueue
{
    private byte[] _bytes = [];
    private int _start;
    private int _end;

    /// <summary>What has not been sent.</summary>
    public ReadOnlySpan<byte> Pending => _bytes.AsSpan(_start, _end - _start);

    /// <summary>How many bytes wait.</summary>
    public int Length => _end - _start;

    /// <summary>Room for a message; call <see cref="Commit"/> with the bytes really used.</summary>
    public Span<byte> Reserve(int size)
    {
        if (_bytes.Length - _end < size)
            MakeRoom(size);
        return _bytes.AsSpan(_end, size);
    }

    /// <summary>Makes reserved bytes part of the queue.</summary>
    public void Commit(int size) => _end += size;

    /// <summary>Appends a whole message.</summary>
    public void Append(in MessageHeader header, ReadOnlySpan<byte> payload)
    {
        var to = Reserve(MessageHeader.Size + payload.Length);
        header.Write(to);
        payload.CopyTo(to[MessageHeader.Size..]);
        Commit(MessageHeader.Size + payload.Length);
    }

    /// <summary>Forgets bytes that were sent, and gives the array back when none is left.</summary>
    public void Consume(int size)
    {
        _start += size;
        if (_start < _end)
            return;
        Clear();
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _start = _end = 0;
        if (_bytes.Length == 0)
            return;
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
    }

    private void MakeRoom(int size)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(WireLimits.Message * 2, Length + size));
        Pending.CopyTo(larger);
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
        _end -= _start;
        _start = 0;
    }
}
