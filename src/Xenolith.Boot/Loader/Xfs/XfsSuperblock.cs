using System.Buffers.Binary;
using System.Text;

namespace Xenolith.Boot.Loader.Xfs;

/// <summary>What the superblock of an XFS file system says (versions 4 and 5), checked so that later arithmetic cannot go wrong. All of XFS is big-endian.</summary>
internal sealed class XfsSuperblock
{
    /// <summary>How many bytes of it are read, from the start of the disk.</summary>
    public const int Size = 512;

    private const int VersionMask = 0xF, Directories2 = 0x2000;
    private const uint TypesInVersion4 = 0x200, TypesInVersion5 = 0x1;

    // ftype, sparse inodes, metadata uuid, bigtime, needs-repair, large extent counts, exchange-range, parent pointers: none changes what is read here.
    private const uint ReadableFeatures = 0xFF;

    private XfsSuperblock(ReadOnlySpan<byte> bytes)
    {
        BlockSize = BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]);
        Blocks = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        Uuid = new Guid(bytes.Slice(32, 16), bigEndian: true);
        RootInode = BinaryPrimitives.ReadUInt64BigEndian(bytes[56..]);
        GroupBlocks = BinaryPrimitives.ReadUInt32BigEndian(bytes[84..]);
        Groups = BinaryPrimitives.ReadUInt32BigEndian(bytes[88..]);
        var version = BinaryPrimitives.ReadUInt16BigEndian(bytes[100..]);
        Version = version & VersionMask;
        InodeSize = BinaryPrimitives.ReadUInt16BigEndian(bytes[104..]);
        var label = bytes.Slice(108, 12);
        Label = Encoding.UTF8.GetString(label[..(label.IndexOf((byte)0) is var end and >= 0 ? end : label.Length)]);
        BlockShift = bytes[120];
        InodeShift = bytes[122];
        GroupShift = bytes[124];
        DirectoryShift = bytes[192];
        HasDirectories2 = (version & Directories2) != 0 || Version == 5;
        Features = Version == 5 ? BinaryPrimitives.ReadUInt32BigEndian(bytes[216..]) : 0;
        HasTypes = Version == 5 ? (Features & TypesInVersion5) != 0 : (BinaryPrimitives.ReadUInt32BigEndian(bytes[200..]) & TypesInVersion4) != 0;
    }

    /// <summary>4, or 5 with checksums.</summary>
    public int Version { get; }

    /// <summary>The logarithm of the block size.</summary>
    public int BlockShift { get; }

    /// <summary>The logarithm of how many blocks a block of a directory has.</summary>
    public int DirectoryShift { get; }

    /// <summary>Bytes of an inode.</summary>
    public int InodeSize { get; }

    /// <summary>The inode of the root directory.</summary>
    public ulong RootInode { get; }

    /// <summary>Entries of directories tell the type of their file.</summary>
    public bool HasTypes { get; }

    /// <summary>The file system's UUID.</summary>
    public Guid Uuid { get; }

    /// <summary>Its label.</summary>
    public string Label { get; }

    private uint BlockSize { get; }

    private ulong Blocks { get; }

    private uint GroupBlocks { get; }

    private uint Groups { get; }

    private int InodeShift { get; }

    private int GroupShift { get; }

    private bool HasDirectories2 { get; }

    private uint Features { get; }

    private int InodesPerBlockShift => BlockShift - InodeShift;

    /// <summary>Is there one?</summary>
    public static bool Recognises(ReadOnlySpan<byte> bytes) => bytes.StartsWith("XFSB"u8);

    /// <summary>Reads and checks it.</summary>
    /// <exception cref="ImageException">It is damaged, or needs what is not read here.</exception>
    public static XfsSuperblock Read(ReadOnlySpan<byte> bytes)
    {
        var super = new XfsSuperblock(bytes);
        super.Check();
        return super;
    }

    /// <summary>Where a block lies, as a number of blocks from the start of the disk: XFS counts within groups.</summary>
    /// <exception cref="ImageException">It lies outside the file system.</exception>
    public long BlockOf(ulong number, ulong count, string what)
    {
        var (group, within) = (number >> GroupShift, number & ((1UL << GroupShift) - 1));
        return group < Groups && within < GroupBlocks && count <= GroupBlocks - within
            ? (long)((group * GroupBlocks) + within)
            : throw new ImageException($"{what} lies in block {number}, outside the XFS file system");
    }

    /// <summary>Where an inode lies, in bytes from the start of the disk.</summary>
    /// <exception cref="ImageException">It lies outside the file system.</exception>
    public long PositionOf(ulong inode)
    {
        var block = BlockOf(inode >> InodesPerBlockShift, 1, $"inode {inode}");
        return (block << BlockShift) + ((long)(inode & ((1UL << InodesPerBlockShift) - 1)) << InodeShift);
    }

    private void Check()
    {
        var unknown = Features & ~ReadableFeatures;
        var cause = Version is not (4 or 5) ? $"version {Version}, and only 4 and 5 are known here"
            : !HasDirectories2 ? "directories of version 1, which Linux cannot read either"
            : unknown != 0 ? $"features (0x{unknown:x}) that are not known here"
            : BlockShift is < 9 or > 16 || BlockSize != 1u << BlockShift ? $"blocks of {BlockSize} bytes"
            : InodeShift is < 8 or > 11 || InodeShift > BlockShift || InodeSize != 1 << InodeShift ? $"inodes of {InodeSize} bytes"
            : DirectoryShift + BlockShift > 16 ? $"directory blocks of 2^{DirectoryShift + BlockShift} bytes"
            : Groups == 0 || GroupBlocks == 0 || GroupShift > 31 || GroupBlocks > 1UL << GroupShift ? $"{Groups} groups of {GroupBlocks} blocks"
            : Blocks == 0 || Blocks > (ulong)Groups * GroupBlocks || Blocks > (ulong)(long.MaxValue >> BlockShift) ? $"{Blocks} blocks"
            : null;
        if (cause is not null)
        {
            throw new ImageException($"its XFS file system has {cause}");
        }
    }
}
