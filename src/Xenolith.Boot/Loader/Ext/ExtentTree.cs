using System.Buffers.Binary;

namespace Xenolith.Boot.Loader.Ext;

/// <summary>The map of an ext4 file: a tree of extents, each node a header and ascending entries, at most five levels deep.</summary>
internal static class ExtentTree
{
    private const ushort Magic = 0xF30A;
    private const int EntrySize = 12, MaxDepth = 5, MaxLength = 32768;

    /// <summary>Adds the runs of the first <paramref name="count"/> blocks.</summary>
    public static void Read(ExtInode inode, ExtBlocks blocks, long count, List<FileRun> runs)
    {
        var depth = BinaryPrimitives.ReadUInt16LittleEndian(inode.Map[6..]);
        if (depth > MaxDepth)
        {
            throw Damaged(inode, $"it is {depth} levels deep");
        }

        long next = 0;
        ReadNode(inode, inode.Map.ToArray(), depth, blocks, count, ref next, runs);
    }

    // "next" is the first block that may still come: it only grows, so that every leaf entry is taken once however the nodes point at each other.
    private static void ReadNode(ExtInode inode, byte[] node, int depth, ExtBlocks blocks, long count, ref long next, List<FileRun> runs)
    {
        var entries = BinaryPrimitives.ReadUInt16LittleEndian(node.AsSpan(2));
        if (BinaryPrimitives.ReadUInt16LittleEndian(node) != Magic)
        {
            throw Damaged(inode, "a node has no magic number");
        }

        if (BinaryPrimitives.ReadUInt16LittleEndian(node.AsSpan(6)) != depth || (entries + 1) * EntrySize > node.Length)
        {
            throw Damaged(inode, $"a node says {entries} entries at level {BinaryPrimitives.ReadUInt16LittleEndian(node.AsSpan(6))}");
        }

        for (var i = 1; i <= entries; i++)
        {
            blocks.Budget.Spend();
            var entry = node.AsSpan(i * EntrySize, EntrySize);
            long logical = BinaryPrimitives.ReadUInt32LittleEndian(entry);
            if (logical >= count)
            {
                return;
            }

            if (depth == 0)
            {
                ReadLeaf(inode, entry, logical, blocks, count, ref next, runs);
                continue;
            }

            var child = BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]) | (long)BinaryPrimitives.ReadUInt16LittleEndian(entry[8..]) << 32;
            ReadNode(inode, blocks.Read(child, $"a node of the extents of inode {inode.Number}"), depth - 1, blocks, count, ref next, runs);
        }
    }

    private static void ReadLeaf(ExtInode inode, ReadOnlySpan<byte> entry, long logical, ExtBlocks blocks, long count, ref long next, List<FileRun> runs)
    {
        long length = BinaryPrimitives.ReadUInt16LittleEndian(entry[4..]);
        var written = length <= MaxLength;
        length = written ? length : length - MaxLength;
        if (logical < next || length == 0)
        {
            throw Damaged(inode, $"an extent of {length} blocks at {logical} follows one that ends at {next}");
        }

        var physical = BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]) | (long)BinaryPrimitives.ReadUInt16LittleEndian(entry[6..]) << 32;
        blocks.CheckInside(physical, length, $"an extent of inode {inode.Number}");
        next = logical + length;
        if (written)
        {
            FileRuns.Add(runs, logical, Math.Min(length, count - logical), physical);
        }
    }

    private static ImageException Damaged(ExtInode inode, string cause) => new($"the extents of inode {inode.Number} are damaged: {cause}");
}
