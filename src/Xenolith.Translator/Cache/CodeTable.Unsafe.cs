using System.Runtime.CompilerServices;

namespace Xenolith.Translator.Cache;

/// <summary>
/// A side table of the code cache: items in memory of its own, outside the garbage collector's heap, which the host backs as far as they are used.
/// Items never move, so a reference stays good until <see cref="Clear"/>. Written under the cache's gate; an item that was published may be read without it.
/// </summary>
internal sealed unsafe class CodeTable<T>
    where T : unmanaged
{
    private readonly T* _items;

    /// <summary>Lays the table over memory.</summary>
    /// <param name="address">Zeroed memory for <paramref name="capacity"/> items; whoever maps it outlives the table.</param>
    /// <param name="capacity">Most items.</param>
    public CodeTable(nint address, int capacity)
    {
        _items = (T*)address;
        Capacity = capacity;
    }

    /// <summary>Most items.</summary>
    public int Capacity { get; }

    /// <summary>Number of items.</summary>
    public int Count { get; private set; }

    /// <summary>Items that can still be added.</summary>
    public int Room => Capacity - Count;

    /// <summary>Bytes of the items so far.</summary>
    public long Used => (long)Count * sizeof(T);

    /// <summary>An item below <see cref="Capacity"/>.</summary>
    // SAFETY: callers use numbers that Add returned; the check is against the mapping's end because the newest count may not be visible to this thread yet.
    public ref T this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if ((uint)index >= (uint)Capacity)
            {
                ThrowOutside(index);
            }

            return ref _items[index];
        }
    }

    /// <summary>Appends an item and returns its number.</summary>
    public int Add(in T item)
    {
        this[Count] = item;
        return Count++;
    }

    /// <summary>Forgets all items and keeps the memory.</summary>
    public void Clear() => Count = 0;

    private static void ThrowOutside(int index) => throw new ArgumentOutOfRangeException(nameof(index), index, "no such item in a side table of the code cache");
}
