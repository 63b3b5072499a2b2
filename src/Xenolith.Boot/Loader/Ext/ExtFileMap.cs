namespace Xenolith.Boot.Loader.Ext;

/// <summary>Where a file's blocks lie: ascending runs, holes left out.</summary>
internal static class ExtFileMap
{
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
}
