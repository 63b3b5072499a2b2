namespace Xenolith.Boot.StartOfDay;

/// <summary>The boot page tables of one level: which addresses they serve and where they lie.</summary>
/// <param name="From">First address served, with the low bits of the level clear (48 bits).</param>
/// <param name="To">Last address served.</param>
/// <param name="Pages">Their frames, one table each, in order of address.</param>
internal readonly record struct TableRange(ulong From, ulong To, PageRun Pages);

/// <summary>
/// A stretch of virtual addresses mapped to consecutive frames, with the tables it needs beyond those of earlier stretches.
/// </summary>
/// <param name="From">First address (48 bits).</param>
/// <param name="To">Last address.</param>
/// <param name="FirstPfn">Frame behind the first address.</param>
/// <param name="Tables">Tables of levels 1 to 4, at index 0 to 3; a level without new tables has no pages.</param>
internal sealed record Mapping(ulong From, ulong To, ulong FirstPfn, TableRange[] Tables)
{
    private const ulong AddressMask = (1UL << 48) - 1;

    /// <summary>New tables of all levels.</summary>
    public ulong TableCount => (ulong)Tables.Sum(t => (long)t.Pages.Count);

    /// <summary>
    /// Counts the tables for a stretch. Xen's order in memory: from the top level down, each level's tables together.
    /// </summary>
    /// <param name="from">First address.</param>
    /// <param name="to">Last address.</param>
    /// <param name="firstPfn">Frame behind the first address.</param>
    /// <param name="tablesAt">First frame for the new tables.</param>
    /// <param name="earlier">Mappings whose tables can be shared.</param>
    public static Mapping Plan(ulong from, ulong to, ulong firstPfn, ulong tablesAt, IReadOnlyList<Mapping> earlier)
    {
        from &= AddressMask;
        to &= AddressMask;
        var tables = new TableRange[4];
        for (var level = 4; level >= 1; level--)
        {
            var range = level == 4
                ? earlier.Count == 0 ? (From: 0UL, To: AddressMask) : default
                : WithoutEarlier(from, to, level, earlier);
            var span = 1UL << (12 + (9 * level));
            var count = range.To == 0 ? 0 : ((range.To - range.From) / span) + 1;
            tables[level - 1] = new TableRange(range.From, range.To, new PageRun(tablesAt, count));
            tablesAt += count;
        }

        return new Mapping(from, to, firstPfn, tables);
    }

    private static (ulong From, ulong To) WithoutEarlier(ulong from, ulong to, int level, IReadOnlyList<Mapping> earlier)
    {
        var mask = (1UL << (12 + (9 * level))) - 1;
        from &= ~mask;
        to |= mask;
        foreach (var other in earlier.Select(m => m.Tables[level - 1]).Where(t => t.Pages.Count > 0))
        {
            if (from >= other.From && to <= other.To)
            {
                return default;
            }

            if (from >= other.From && from <= other.To)
            {
                from = other.To + 1;
            }

            if (to >= other.From && to <= other.To)
            {
                to = other.From - 1;
            }
        }

        return (from, to);
    }
}
