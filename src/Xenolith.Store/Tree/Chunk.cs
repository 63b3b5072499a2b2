namespace Xenolith.Store.Tree;

/// <summary>
/// Up to 64 children of one node, sorted by name. Chunks are what a change copies: a directory of 100,000 children costs one chunk and
/// the list of chunks, not its whole.
/// </summary>
internal sealed class Chunk
{
    /// <summary>Children in a full chunk.</summary>
    public const int Capacity = 64;

    /// <summary>Children a chunk falls to before it is joined with its neighbour.</summary>
    public const int Sparse = 12;

    private object?[] _items;

    /// <summary>Makes an empty chunk with room for some children.</summary>
    public Chunk(long edition, int room)
    {
        Edition = edition;
        _items = new object?[room];
    }

    /// <summary>The edition that may change this chunk in place; see <see cref="StoreTree"/>.</summary>
    public long Edition { get; }

    /// <summary>How many children are in it.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of the children's names, each with its zero byte: their length in a DIRECTORY reply.</summary>
    public int NameBytes { get; private set; }

    /// <summary>A child.</summary>
    public Node this[int index] => new(_items[index]);

    /// <summary>A copy that the edition may change.</summary>
    public Chunk CopyFor(long edition)
    {
        var copy = new Chunk(edition, _items.Length) { Count = Count, NameBytes = NameBytes };
        Array.Copy(_items, copy._items, Count);
        return copy;
    }

    /// <summary>The index of the child of that name, or the complement of where it belongs.</summary>
    public int Search(ReadOnlySpan<byte> name)
    {
        int low = 0, high = Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >> 1;
            var order = this[middle].Name.SequenceCompareTo(name);
            if (order == 0)
                return middle;
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return ~low;
    }

    /// <summary>Puts another node of the same name in a child's place.</summary>
    public void Replace(int index, Node node) => _items[index] = node.Slot;

    /// <summary>Puts a new child in; the chunk must not be full.</summary>
    public void Insert(int index, Node node)
    {
        if (Count == _items.Length)
            Array.Resize(ref _items, Math.Min(Capacity, Math.Max(4, Count * 2)));
        Array.Copy(_items, index, _items, index + 1, Count - index);
        _items[index] = node.Slot;
        Count++;
        NameBytes += node.Name.Length + 1;
    }

    /// <summary>Takes a child out.</summary>
    public void RemoveAt(int index)
    {
        NameBytes -= this[index].Name.Length + 1;
        Count--;
        Array.Copy(_items, index + 1, _items, index, Count - index);
        _items[Count] = null;
    }

    /// <summary>Moves the upper half into a new chunk of the same edition.</summary>
    public Chunk Split()
    {
        var upper = new Chunk(Edition, Capacity);
        var keep = Count / 2;
        upper.Append(this, keep, Count - keep);
        Array.Clear(_items, keep, Count - keep);
        NameBytes -= upper.NameBytes;
        Count = keep;
        return upper;
    }

    /// <summary>Appends all children of the next chunk; both together must fit.</summary>
    public void Join(Chunk next)
    {
        if (_items.Length < Count + next.Count)
            Array.Resize(ref _items, Capacity);
        Append(next, 0, next.Count);
    }

    private void Append(Chunk from, int start, int count)
    {
        Array.Copy(from._items, start, _items, Count, count);
        for (var i = 0; i < count; i++)
            NameBytes += from[start + i].Name.Length + 1;
        Count += count;
    }
}
