namespace Xenolith.Devices.Rings;

/// <summary>What a step on a ring came to.</summary>
public enum RingStep
{
    /// <summary>Bytes were moved.</summary>
    Moved,

    /// <summary>Nothing to read, or no room to write.</summary>
    Idle,

    /// <summary>The guest's indices contradict each other: the ring cannot be used any more.</summary>
    Broken,
}

/// <summary>
/// One direction of a byte ring in a page shared with the guest, with free-running 32-bit indices. The guest may write anything at any time:
/// indices are read once and checked, data is copied once. Reading and writing are each for one thread at a time.
/// </summary>
/// <param name="page">Host address of the shared page, which outlives the ring.</param>
/// <param name="data">Offset of the bytes.</param>
/// <param name="size">How many; a power of two.</param>
/// <param name="consumer">Offset of the reader's index.</param>
/// <param name="producer">Offset of the writer's index.</param>
public sealed unsafe class ByteRing(nint page, int data, int size, int consumer, int producer)
{
    /// <summary>Bytes of the ring.</summary>
    public int Size => size;

    /// <summary>Copies what the guest has written into a buffer.</summary>
    public RingStep Read(Span<byte> into, out int count)
    {
        count = 0;
        var from = Volatile.Read(ref Index(consumer));
        var used = Volatile.Read(ref Index(producer)) - from;
        if (used > (uint)size)
        {
            return RingStep.Broken;
        }

        count = (int)Math.Min(used, (uint)into.Length);
        if (count == 0)
        {
            return RingStep.Idle;
        }

        var start = (int)(from & (uint)(size - 1));
        var first = Math.Min(count, size - start);
        Bytes(start, first).CopyTo(into);
        Bytes(0, count - first).CopyTo(into[first..]);

        // The guest may overwrite the bytes from here on.
        Interlocked.Exchange(ref Index(consumer), from + (uint)count);
        return RingStep.Moved;
    }

    /// <summary>Copies bytes to the guest, as many as there is room for.</summary>
    public RingStep Write(ReadOnlySpan<byte> from, out int count)
    {
        count = 0;
        var to = Volatile.Read(ref Index(producer));
        var used = to - Volatile.Read(ref Index(consumer));
        if (used > (uint)size)
        {
            return RingStep.Broken;
        }

        count = Math.Min(size - (int)used, from.Length);
        if (count == 0)
        {
            return RingStep.Idle;
        }

        var start = (int)(to & (uint)(size - 1));
        var first = Math.Min(count, size - start);
        from[..first].CopyTo(Bytes(start, first));
        from[first..count].CopyTo(Bytes(0, count - first));
        Interlocked.Exchange(ref Index(producer), to + (uint)count);
        return RingStep.Moved;
    }

    // SAFETY: offsets are constants of the ABI inside the page, and start and length stay below the ring's size.
    private Span<byte> Bytes(int start, int length) => new((byte*)page + data + start, length);

    private ref uint Index(int offset) => ref *(uint*)(page + offset);
}
