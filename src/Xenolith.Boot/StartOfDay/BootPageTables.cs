namespace Xenolith.Boot.StartOfDay;

/// <summary>Contents of the boot page tables: every table of every mapping, with its own pages read-only as Xen's MMU demands.</summary>
internal static class BootPageTables
{
    private const ulong Present = 1, Writable = 2, User = 4, Accessed = 0x20, Dirty = 0x40;
    private const ulong TableBits = Present | Writable | User | Accessed | Dirty, PageBits = Present | Writable | Accessed;

    /// <summary>Receives one finished table.</summary>
    /// <param name="pfn">The table's frame.</param>
    /// <param name="entries">Its 512 entries.</param>
    public delegate void TableSink(ulong pfn, ReadOnlySpan<ulong> entries);

    /// <summary>Yields every table.</summary>
    /// <param name="mappings">What to map.</param>
    /// <param name="frameOf">The p2m.</param>
    /// <param name="sink">Takes the tables.</param>
    public static void Build(IReadOnlyList<Mapping> mappings, Func<ulong, ulong> frameOf, TableSink sink)
    {
        Span<ulong> entries = stackalloc ulong[512];
        for (var level = 4; level >= 1; level--)
        {
            foreach (var own in mappings.Select(m => m.Tables[level - 1]))
            {
                for (ulong i = 0; i < own.Pages.Count; i++)
                {
                    entries.Clear();
                    Fill(entries, level, own.From + (i << (12 + (9 * level))), mappings, frameOf);
                    sink(own.Pages.First + i, entries);
                }
            }
        }
    }

    private static void Fill(Span<ulong> entries, int level, ulong tableFrom, IReadOnlyList<Mapping> mappings, Func<ulong, ulong> frameOf)
    {
        var shift = 12 + (9 * (level - 1));
        var tableTo = tableFrom + (1UL << (shift + 9)) - 1;
        foreach (var mapping in mappings)
        {
            var (from, to, firstPfn) = level == 1
                ? (mapping.From, mapping.To, mapping.FirstPfn)
                : Lower(mapping.Tables[level - 2]);
            if (from > tableTo || to < tableFrom || to == 0)
            {
                continue;
            }

            var first = Math.Max(from, tableFrom);
            var last = Math.Min(to, tableTo);
            for (var index = (first - tableFrom) >> shift; index <= (last - tableFrom) >> shift; index++)
            {
                var pfn = firstPfn + (((tableFrom + (index << shift)) - (from >> shift << shift)) >> shift);
                entries[(int)index] = (frameOf(pfn) << 12) | (level > 1 ? TableBits : IsTable(mappings, pfn) ? PageBits & ~Writable : PageBits);
            }
        }
    }

    private static (ulong From, ulong To, ulong FirstPfn) Lower(TableRange range) =>
        range.Pages.Count == 0 ? default : (range.From, range.To, range.Pages.First);

    private static bool IsTable(IReadOnlyList<Mapping> mappings, ulong pfn)
    {
        foreach (var mapping in mappings)
        {
            foreach (var tables in mapping.Tables)
            {
                if (tables.Pages.Contains(pfn))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
