using System.Buffers.Binary;

namespace Xenolith.Boot.Loader.Ext;

/// <summary>The map of an ext2 or ext3 file: twelve block numbers, then blocks of numbers in one, two and three levels. 0 is a hole.</summary>
internal static class IndirectBlocks
{
    private const int Direct = 12, Levels = 3;

    /// <summary>Adds the runs of the first <paramref name="count"/> blocks.</summary>
    public static void Read(ExtInode inode, ExtBlocks blocks, long count, List<FileRun> runs)
    {
        long logical = 0;
        for (var i = 0; i < Direct && logical < count; i++, logical++)
        {
            Take(inode, Number(inode.Map, i), logical, blocks, runs);
        }

        for (var level = 1; level <= Levels && logical < count; level++)
        {
            ReadLevel(inode, Number(inode.Map, Direct + level - 1), level, blocks, count, ref logical, runs);
        }
    }

    private static void ReadLevel(ExtInode inode, long number, int level, ExtBlocks blocks, long count, ref long logical, List<FileRun> runs)
    {
        if (number == 0)
        {
            logical += Span(level, blocks);
            return;
        }

        var table = blocks.Read(number, $"a block map of inode {inode.Number}");
        for (var i = 0; i < table.Length / sizeof(uint) && logical < count; i++)
        {
            blocks.Budget.Spend();
            if (level > 1)
            {
                ReadLevel(inode, Number(table, i), level - 1, blocks, count, ref logical, runs);
            }
            else
            {
                Take(inode, Number(table, i), logical++, blocks, runs);
            }
        }
    }

    private static void Take(ExtInode inode, long number, long logical, ExtBlocks blocks, List<FileRun> runs)
    {
        if (number != 0)
        {
            blocks.CheckInside(number, 1, $"inode {inode.Number}");
            FileRuns.Add(runs, logical, 1, number);
        }
    }

    private static long Span(int level, ExtBlocks blocks)
    {
        long span = 1;
        for (var i = 0; i < level; i++)
        {
            span *= blocks.BlockSize / sizeof(uint);
        }

        return span;
    }

    private static long Number(ReadOnlySpan<byte> table, int index) => BinaryPrimitives.ReadUInt32LittleEndian(table[(index * sizeof(uint))..]);
}
