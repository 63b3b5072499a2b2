using Xenolith.Boot.Loader.Disks;

namespace Xenolith.Boot.Loader;

/// <summary>Where a file's blocks lie: ascending runs, holes left out.</summary>
internal static class FileRuns
{
    // An honest kernel has a handful; a file of single blocks has one for each.
    private const int MaxRuns = 1 << 20;

    /// <summary>Adds blocks behind the last run, and to it where they follow on the disk too.</summary>
    public static void Add(List<FileRun> runs, long logical, long count, long physical)
    {
        if (runs.Count > 0 && runs[^1] is var last && last.Logical + last.Count == logical && last.Physical + last.Count == physical)
        {
            runs[^1] = last with { Count = last.Count + count };
            return;
        }

        if (runs.Count == MaxRuns)
        {
            throw new ImageException($"a file lies in more than {MaxRuns} pieces");
        }

        runs.Add(new(logical, count, physical));
    }

    /// <summary>Reads what of a range lies in runs; the rest of the buffer, which the caller has cleared, stays zeros.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="runs">The file's runs.</param>
    /// <param name="shift">The logarithm of the block size.</param>
    /// <param name="position">Where in the file.</param>
    /// <param name="buffer">Filled.</param>
    public static void Read(BlockSource disk, List<FileRun> runs, int shift, long position, Span<byte> buffer)
    {
        for (var i = First(runs, position >> shift); i < runs.Count; i++)
        {
            var run = runs[i];
            var from = Math.Max(run.Logical << shift, position);
            var to = Math.Min((run.Logical + run.Count) << shift, position + buffer.Length);
            if (from >= to)
            {
                break;
            }

            disk.Read((run.Physical << shift) + (from - (run.Logical << shift)), buffer[(int)(from - position)..(int)(to - position)]);
        }
    }

    private static int First(List<FileRun> runs, long block)
    {
        var (low, high) = (0, runs.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (runs[middle].Logical + runs[middle].Count <= block)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
