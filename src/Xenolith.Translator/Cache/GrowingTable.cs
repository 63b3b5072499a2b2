namespace Xenolith.Translator.Cache;

/// <summary>An array that grows by doubling and hands out references: for the cache's side tables. Not thread-safe.</summary>
internal sealed class GrowingTable<T>(int capacity)
    where T : struct
{
    private T[] _items = new T[capacity];

    /// <summary>Number of items.</summary>
    public int Count { get; private set; }

    /// <summary>An item; the reference is good until the next <see cref="Add"/>.</summary>
    public ref T this[int index] => ref _items[index];

    /// <summary>Appends an item and returns its number.</summary>
    public int Add(in T item)
    {
        if (Count == _items.Length)
        {
            Array.Resize(ref _items, Count * 2);
        }

        _items[Count] = item;
        return Count++;
    }

    /// <summary>Forgets all items and keeps the memory.</summary>
    public void Clear() => Count = 0;
}
