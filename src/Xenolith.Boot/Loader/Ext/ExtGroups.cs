using System.Buffers.Binary;

namespace Xenolith.Boot.Loader.Ext;

/// <summary>Finds inodes: through the descriptors of the block groups, wherever those lie.</summary>
internal sealed class ExtGroups(ExtSuperblock super, ExtBlocks blocks)
{
    private const int HighHalves = 64;

    /// <summary>Reads an inode.</summary>
    /// <exception cref="ImageException">There is none of this number, or the way to it is damaged.</exception>
    public ExtInode Inode(long number)
    {
        if (number < 1 || number > super.Inodes)
        {
            throw new ImageException($"inode {number} is named, but there are only {super.Inodes}");
        }

        var group = (number - 1) / super.InodesPerGroup;
        var position = ((number - 1) % super.InodesPerGroup) * super.InodeSize;
        var block = InodeTable(group) + (position >> super.BlockShift);
        var bytes = blocks.Read(block, $"inode {number}");
        return new(number, bytes.AsSpan((int)(position & (super.BlockSize - 1)), super.InodeSize).ToArray());
    }

    private long InodeTable(long group)
    {
        var perBlock = super.BlockSize / super.DescriptorSize;
        var bytes = blocks.Read(DescriptorBlock(group / perBlock, perBlock), $"the descriptor of group {group}");
        var descriptor = bytes.AsSpan((int)(group % perBlock) * super.DescriptorSize, super.DescriptorSize);
        var high = super.DescriptorSize >= HighHalves ? (long)BinaryPrimitives.ReadUInt32LittleEndian(descriptor[0x28..]) << 32 : 0;
        return BinaryPrimitives.ReadUInt32LittleEndian(descriptor[8..]) | high;
    }

    private long DescriptorBlock(long index, long perBlock)
    {
        if (!super.Features.HasFlag(ExtFeatures.MetaGroups) || index < super.FirstMetaGroup)
        {
            // Not counted from the first data block: with clusters that is 0 even where the superblock lies in block 1.
            return (ExtSuperblock.Position >> super.BlockShift) + 1 + index;
        }

        // A meta group's descriptors stand in its first group, behind the copy of the superblock if that group has one.
        var first = index * perBlock;
        if (first == 0)
        {
            return (ExtSuperblock.Position >> super.BlockShift) + 1;
        }

        return super.FirstDataBlock + (first * super.BlocksPerGroup) + (HasSuperblock(first) ? 1 : 0);
    }

    private bool HasSuperblock(long group)
    {
        if (!super.HasSparseSuper || group <= 1)
        {
            return true;
        }

        return IsPower(group, 3) || IsPower(group, 5) || IsPower(group, 7);
    }

    private static bool IsPower(long number, long root)
    {
        while (number % root == 0)
        {
            number /= root;
        }

        return number == 1;
    }
}
