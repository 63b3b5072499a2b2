namespace Xenolith.Machine.Mmu;

/// <summary>
/// Keeps linear page tables shallow: a table that maps others of its level is mapped by none of them, and the other way round. So taking
/// one down never leads to a second level of taking down. A count above zero means "maps others", below zero "is mapped by others".
/// Rare: only guests that map another address space's tables into their own come here.
/// <para>Thread ownership: any thread; its lock is a leaf.</para>
/// </summary>
internal sealed class LinearTables(ulong limit)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, int> _counts = [];

    /// <summary>Notes that <paramref name="table"/> maps <paramref name="other"/> of the same level; false if that would nest.</summary>
    public bool TryTake(ulong table, ulong other)
    {
        lock (_lock)
        {
            if (table >= limit || other >= limit || _counts.GetValueOrDefault(table) < 0 || _counts.GetValueOrDefault(other) > 0)
            {
                return false;
            }

            Change(table, 1);
            Change(other, -1);
            return true;
        }
    }

    /// <summary>Undoes one <see cref="TryTake"/>.</summary>
    public void Drop(ulong table, ulong other)
    {
        lock (_lock)
        {
            Change(table, -1);
            Change(other, 1);
        }
    }

    private void Change(ulong table, int by)
    {
        var count = _counts.GetValueOrDefault(table) + by;
        if (count == 0)
        {
            _counts.Remove(table);
        }
        else
        {
            _counts[table] = count;
        }
    }
}
