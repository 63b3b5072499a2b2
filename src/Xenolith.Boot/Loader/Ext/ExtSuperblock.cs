using System.Buffers.Binary;

namespace Xenolith.Boot.Loader.Ext;

/// <summary>What the superblock of an ext2, ext3 or ext4 file system says, checked so that later arithmetic cannot go wrong.</summary>
internal sealed class ExtSuperblock
{
    /// <summary>Where it lies.</summary>
    public const int Position = 1024;

    /// <summary>How many bytes of it are read.</summary>
    public const int Size = 1024;

    private const ushort Magic = 0xEF53;
    private const uint SparseSuper = 0x1;

    private ExtSuperblock(ReadOnlySpan<byte> bytes)
    {
        var revision = U32(bytes, 76);
        Features = revision == 0 ? 0 : (ExtFeatures)U32(bytes, 96);
        HasSparseSuper = revision != 0 && (U32(bytes, 100) & SparseSuper) != 0;
        Inodes = U32(bytes, 0);
        Blocks = (long)U32(bytes, 4) | (Features.HasFlag(ExtFeatures.Bits64) ? (long)U32(bytes, 0x150) << 32 : 0);
        FirstDataBlock = U32(bytes, 20);
        BlockShift = (int)Math.Min(U32(bytes, 24), 100) + 10;
        BlocksPerGroup = U32(bytes, 32);
        InodesPerGroup = U32(bytes, 40);
        InodeSize = revision == 0 ? 128 : BinaryPrimitives.ReadUInt16LittleEndian(bytes[88..]);
        DescriptorSize = Features.HasFlag(ExtFeatures.Bits64) ? BinaryPrimitives.ReadUInt16LittleEndian(bytes[254..]) : 32;
        FirstMetaGroup = U32(bytes, 260);
        Uuid = new Guid(bytes.Slice(104, 16), bigEndian: true);
        var label = bytes.Slice(120, 16);
        Label = System.Text.Encoding.UTF8.GetString(label[..(label.IndexOf((byte)0) is var end and >= 0 ? end : 16)]);
    }

    /// <summary>What a reader must understand.</summary>
    public ExtFeatures Features { get; }

    /// <summary>Only some groups have a copy of the superblock.</summary>
    public bool HasSparseSuper { get; }

    /// <summary>Inodes in all.</summary>
    public long Inodes { get; }

    /// <summary>Blocks in all.</summary>
    public long Blocks { get; }

    /// <summary>The block of the first group: 1 with blocks of 1 KiB.</summary>
    public long FirstDataBlock { get; }

    /// <summary>The logarithm of the block size.</summary>
    public int BlockShift { get; }

    /// <summary>Bytes in a block.</summary>
    public int BlockSize => 1 << BlockShift;

    /// <summary>Blocks in a group.</summary>
    public long BlocksPerGroup { get; }

    /// <summary>Inodes in a group.</summary>
    public long InodesPerGroup { get; }

    /// <summary>Bytes of an inode.</summary>
    public int InodeSize { get; }

    /// <summary>Bytes of a group's descriptor.</summary>
    public int DescriptorSize { get; }

    /// <summary>From this block of descriptors on, they are spread (with <see cref="ExtFeatures.MetaGroups"/>).</summary>
    public long FirstMetaGroup { get; }

    /// <summary>The file system's UUID.</summary>
    public Guid Uuid { get; }

    /// <summary>Its label.</summary>
    public string Label { get; }

    /// <summary>Is there one?</summary>
    public static bool Recognises(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[56..]) == Magic;

    /// <summary>Reads and checks it.</summary>
    /// <exception cref="ImageException">It is damaged, or needs what is not read here.</exception>
    public static ExtSuperblock Read(ReadOnlySpan<byte> bytes)
    {
        var super = new ExtSuperblock(bytes);
        var unknown = super.Features & ~ExtFeatures.Readable;
        if (unknown != 0)
        {
            throw new ImageException(super.Features.HasFlag(ExtFeatures.JournalDevice)
                ? "it is the journal of an ext file system, not one itself"
                : $"its ext file system has features (0x{(uint)unknown:x}) that are not known here");
        }

        super.Check();
        return super;
    }

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private void Check()
    {
        var cause = BlockShift > 16 ? $"blocks of 2^{BlockShift} bytes"
            : InodesPerGroup is 0 or > 1 << 20 ? $"{InodesPerGroup} inodes in a group"
            : BlocksPerGroup is 0 or > 1 << 20 ? $"{BlocksPerGroup} blocks in a group"
            : InodeSize < 128 || InodeSize > BlockSize || (InodeSize & (InodeSize - 1)) != 0 ? $"inodes of {InodeSize} bytes"
            : DescriptorSize < 32 || DescriptorSize > BlockSize || (DescriptorSize & (DescriptorSize - 1)) != 0 ? $"group descriptors of {DescriptorSize} bytes"
            : Blocks <= 0 || Blocks > long.MaxValue >> BlockShift ? $"{Blocks} blocks"
            : FirstDataBlock > 1 ? $"its first block is {FirstDataBlock}"
            : null;
        if (cause is not null)
        {
            throw new ImageException($"its ext superblock is damaged: {cause}");
        }
    }
}
