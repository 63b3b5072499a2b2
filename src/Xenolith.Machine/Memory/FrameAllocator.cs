using System.Numerics;

namespace Xenolith.Machine.Memory;

/// <summary>
/// Which frames of a range are free: one bit each, found lowest first, so that a domain's memory is contiguous unless it asks otherwise.
/// <para>Thread ownership: any thread. Its lock is a leaf: nothing is called while it is held.</para>
/// </summary>
internal sealed class FrameAllocator
{
    private readonly Lock _lock = new();
    private ulong[] _free;
    private readonly ulong _first;
    private int _hint;

    /// <summary>Makes an allocator with every frame free.</summary>
    /// <param name="first">First frame's number; a multiple of 512, so that alignment in the range is alignment of the number.</param>
    /// <param name="count">Number of frames.</param>
    public FrameAllocator(ulong first, ulong count)
    {
        _first = first;
        _free = [];
        Extend(count);
    }

    /// <summary>Frames in the range.</summary>
    public ulong Count { get; private set; }

    /// <summary>Frames that are free.</summary>
    public ulong Free { get; private set; }

    /// <summary>Makes the range longer; the frames that come in are free.</summary>
    /// <param name="count">Frames in the range from now on; a range that is not a multiple of 64 long cannot be made longer.</param>
    public void Extend(ulong count)
    {
        lock (_lock)
        {
            if ((Count & 63) != 0 || count < Count)
            {
                throw new ArgumentOutOfRangeException(nameof(count), $"a range of {Count} frames cannot become one of {count}");
            }

            var known = _free.Length;
            Array.Resize(ref _free, (int)((count + 63) / 64));
            Array.Fill(_free, ulong.MaxValue, known, _free.Length - known);
            if ((count & 63) != 0)
            {
                _free[^1] = (1UL << (int)(count & 63)) - 1;
            }

            Free += count - Count;
            Count = count;
        }
    }

    /// <summary>Takes one frame; false if none is free.</summary>
    public bool TryAllocate(out ulong mfn)
    {
        lock (_lock)
        {
            for (var word = _hint; word < _free.Length; word++)
            {
                if (_free[word] != 0)
                {
                    var bit = BitOperations.TrailingZeroCount(_free[word]);
                    _free[word] &= _free[word] - 1;
                    _hint = word;
                    Free--;
                    mfn = _first + (ulong)((word * 64) + bit);
                    return true;
                }
            }

            mfn = 0;
            return false;
        }
    }

    /// <summary>Takes a run of contiguous frames; false if there is none.</summary>
    /// <param name="count">How many.</param>
    /// <param name="alignment">Power of two that the first frame's number is a multiple of.</param>
    /// <param name="mfn">The first frame.</param>
    public bool TryAllocate(ulong count, ulong alignment, out ulong mfn)
    {
        lock (_lock)
        {
            var start = (ulong)_hint * 64 & ~(alignment - 1);
            while (start + count <= Count)
            {
                var busy = FirstBusy(start, count);
                if (busy == start + count)
                {
                    for (var index = start; index < start + count; index++)
                    {
                        _free[index >> 6] &= ~(1UL << (int)(index & 63));
                    }

                    Free -= count;
                    mfn = _first + start;
                    return true;
                }

                start = (busy + alignment) & ~(alignment - 1);
            }

            mfn = 0;
            return false;
        }
    }

    /// <summary>Gives a frame back. It must have come from here.</summary>
    public void Release(ulong mfn)
    {
        var index = mfn - _first;
        lock (_lock)
        {
            var bit = 1UL << (int)(index & 63);
            var word = (int)(index >> 6);
            if ((_free[word] & bit) != 0)
            {
                throw new InvalidOperationException($"frame {mfn:x} freed twice");
            }

            _free[word] |= bit;
            _hint = Math.Min(_hint, word);
            Free++;
        }
    }

    private ulong FirstBusy(ulong start, ulong count)
    {
        var index = start;
        while (index < start + count)
        {
            var word = _free[index >> 6] >> (int)(index & 63);
            var run = (ulong)BitOperations.TrailingZeroCount(~word);
            if (run < 64 - (index & 63))
            {
                return Math.Min(index + run, start + count);
            }

            index = (index | 63) + 1;
        }

        return start + count;
    }
}
