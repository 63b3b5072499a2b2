namespace Xenolith.Machine.Time;

/// <summary>A binary heap of timers, earliest first. No locks: its owner has one. Allocates only when it grows.</summary>
internal sealed class DeadlineHeap
{
    private Deadline[] _heap = new Deadline[16];
    private int _count;

    /// <summary>The earliest time, or <see cref="long.MaxValue"/>.</summary>
    public long Earliest => _count == 0 ? long.MaxValue : _heap[0].Time;

    /// <summary>Sets or moves a timer.</summary>
    public void Set(Deadline deadline, long time)
    {
        if (deadline.Index < 0)
        {
            if (_count == _heap.Length)
            {
                Array.Resize(ref _heap, _count * 2);
            }

            deadline.Index = _count;
            _heap[_count++] = deadline;
        }

        deadline.Time = time;
        Up(deadline.Index);
        Down(deadline.Index);
    }

    /// <summary>Takes a timer out; nothing if it is not set.</summary>
    public void Remove(Deadline deadline)
    {
        var index = deadline.Index;
        if (index < 0)
        {
            return;
        }

        deadline.Index = -1;
        var last = _heap[--_count];
        _heap[_count] = null!;
        if (index < _count)
        {
            _heap[index] = last;
            last.Index = index;
            Up(index);
            Down(last.Index);
        }
    }

    /// <summary>Takes out the earliest timer if its time has come.</summary>
    public Deadline? TakeExpired(long now)
    {
        if (_count == 0 || _heap[0].Time > now)
        {
            return null;
        }

        var first = _heap[0];
        Remove(first);
        return first;
    }

    private void Up(int index)
    {
        while (index > 0 && _heap[index].Time < _heap[(index - 1) / 2].Time)
        {
            Swap(index, (index - 1) / 2);
            index = (index - 1) / 2;
        }
    }

    private void Down(int index)
    {
        while (true)
        {
            var child = (2 * index) + 1;
            if (child >= _count)
            {
                return;
            }

            if (child + 1 < _count && _heap[child + 1].Time < _heap[child].Time)
            {
                child++;
            }

            if (_heap[index].Time <= _heap[child].Time)
            {
                return;
            }

            Swap(index, child);
            index = child;
        }
    }

    private void Swap(int a, int b)
    {
        (_heap[a], _heap[b]) = (_heap[b], _heap[a]);
        _heap[a].Index = a;
        _heap[b].Index = b;
    }
}
