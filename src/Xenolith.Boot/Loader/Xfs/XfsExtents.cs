using System.Buffers.Binary;
using Xenolith.Boot.Loader.Disks;

namespace Xenolith.Boot.Loader.Xfs;

/// <summary>Where a file's blocks lie: a list of extents, or a tree of such lists.</summary>
/// <param name="disk">The disk.</param>
/// <param name="super">Its superblock.</param>
/// <param name="budget">Limits the work.</param>
internal sealed class XfsExtents(BlockSource disk, XfsSuperblock super, ReadBudget budget)
{
    private const int ExtentSize = 16, PairSize = 16, KeySize = 8, RootHeader = 4, ShortHeader = 24, LongHeader = 72;
    private const int MaxDepth = 16;

    /// <summary>The runs of a file, or of the first blocks of it, holes and what was only reserved left out.</summary>
    /// <param name="inode">The file.</param>
    /// <param name="blocks">How many blocks are wanted; what is behind them is left out.</param>
    /// <exception cref="ImageException">The map is damaged.</exception>
    public List<FileRun> Of(XfsInode inode, long blocks)
    {
        var runs = new List<FileRun>();
        switch (inode.Form)
        {
            case XfsForm.Extents:
                Add(runs, inode.Fork, inode.Extents, blocks, inode);
                break;
            case XfsForm.Tree:
                var root = inode.Fork;
                Children(runs, root, RootHeader, root.Length - RootHeader, BinaryPrimitives.ReadUInt16BigEndian(root), blocks, inode);
                break;
            default:
                throw new ImageException($"inode {inode.Number} keeps its content in a way ({(int)inode.Form}) that is not known here");
        }

        return runs;
    }

    // Keys and, behind the room for all of them, the blocks of the children.
    private void Children(List<FileRun> runs, ReadOnlySpan<byte> node, int header, int room, int level, long blocks, XfsInode inode)
    {
        var count = BinaryPrimitives.ReadUInt16BigEndian(node[(header == RootHeader ? 2 : 6)..]);
        var most = room / PairSize;
        if (level is 0 or > MaxDepth || count > most)
        {
            throw new ImageException($"the tree of extents of inode {inode.Number} is damaged: level {level}, {count} entries");
        }

        for (var i = 0; i < count; i++)
        {
            if (BinaryPrimitives.ReadUInt64BigEndian(node[(header + (i * KeySize))..]) >= (ulong)blocks)
            {
                break;
            }

            Descend(runs, BinaryPrimitives.ReadUInt64BigEndian(node[(header + (most * KeySize) + (i * KeySize))..]), level - 1, blocks, inode);
        }
    }

    private void Descend(List<FileRun> runs, ulong number, int level, long blocks, XfsInode inode)
    {
        budget.Spend();
        var bytes = new byte[1 << super.BlockShift];
        disk.Read(super.BlockOf(number, 1, $"the tree of extents of inode {inode.Number}") << super.BlockShift, bytes);
        var header = super.Version == 5 ? LongHeader : ShortHeader;
        if (!bytes.AsSpan().StartsWith(super.Version == 5 ? "BMA3"u8 : "BMAP"u8) || BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(4)) != level)
        {
            throw new ImageException($"the tree of extents of inode {inode.Number} is damaged");
        }

        if (level > 0)
        {
            Children(runs, bytes, header, bytes.Length - header, level, blocks, inode);
            return;
        }

        Add(runs, bytes.AsSpan(header), BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(6)), blocks, inode);
    }

    private void Add(List<FileRun> runs, ReadOnlySpan<byte> list, ulong count, long blocks, XfsInode inode)
    {
        if (count > (ulong)(list.Length / ExtentSize))
        {
            throw new ImageException($"inode {inode.Number} claims {count} extents where there is room for {list.Length / ExtentSize}");
        }

        for (var i = 0; i < (int)count; i++)
        {
            budget.Spend();
            var high = BinaryPrimitives.ReadUInt64BigEndian(list[(i * ExtentSize)..]);
            var low = BinaryPrimitives.ReadUInt64BigEndian(list[((i * ExtentSize) + 8)..]);
            var (reserved, logical) = (high >> 63 != 0, (long)((high & (ulong.MaxValue >> 1)) >> 9));
            var (physical, length) = (((high & 0x1FF) << 43) | (low >> 21), (long)(low & 0x1FFFFF));
            if (length == 0 || (runs.Count > 0 && logical < runs[^1].Logical + runs[^1].Count))
            {
                throw new ImageException($"the extents of inode {inode.Number} are not in order");
            }

            if (!reserved && logical < blocks)
            {
                FileRuns.Add(runs, logical, Math.Min(length, blocks - logical), super.BlockOf(physical, (ulong)length, $"inode {inode.Number}"));
            }
        }
    }
}
