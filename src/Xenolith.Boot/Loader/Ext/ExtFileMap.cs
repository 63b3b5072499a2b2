namespace Xenolith.Boot.Loader.Ext;

/// <summary>Where a file's blocks lie: ascending runs, holes left out.</summary>
internal static class ExtFileMap
{
    // An honest kernel has a handful; a file of single blocks has one for each.
    private const int MaxRuns = 1 << 20;

    /// <summary>The runs of the first <paramref name="count"/> blocks of a file.</summary>
    /// <exception cref="ImageException">The map is damaged.</exception>
    public static List<FileRun> Of(ExtInode inode, ExtBlocks blocks, long count)
    {
        var runs = new List<FileRun>();
        if (inode.HasExtents)
        {
            ExtentTree.Read(inode, blocks, count, runs);
        }
        else
        {
            IndirectBlocks.Read(inode, blocks, count, runs);
        }

        return runs;
    }

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
}
