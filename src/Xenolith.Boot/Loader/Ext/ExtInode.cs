using System.Buffers.Binary;

namespace Xenolith.Boot.Loader.Ext;

/// <summary>An inode, as far as reading needs it.</summary>
internal sealed class ExtInode : IGuestNode
{
    private const int KindMask = 0xF000, Directory = 0x4000, Regular = 0x8000, Link = 0xA000;
    private const uint EncryptedFlag = 0x800, ExtentsFlag = 0x80000, InlineFlag = 0x10000000;
    private const int BlockArea = 40, BlockAreaSize = 60;

    private readonly byte[] _bytes;

    public ExtInode(long number, byte[] bytes)
    {
        Number = number;
        _bytes = bytes;
    }

    /// <summary>Its number.</summary>
    public long Number { get; }

    /// <inheritdoc/>
    public bool IsDirectory => (Mode & KindMask) == Directory;

    /// <inheritdoc/>
    public bool IsFile => (Mode & KindMask) == Regular;

    /// <inheritdoc/>
    public bool IsLink => (Mode & KindMask) == Link;

    /// <summary>Its content is mapped by extents.</summary>
    public bool HasExtents => (Flags & ExtentsFlag) != 0;

    /// <summary>Its content lies in the inode.</summary>
    public bool IsInline => (Flags & InlineFlag) != 0;

    /// <summary>Its content is encrypted.</summary>
    public bool IsEncrypted => (Flags & EncryptedFlag) != 0;

    /// <summary>A link so short that its target stands where the map of blocks would be.</summary>
    public bool IsShortLink => IsLink && !HasExtents && !IsInline && Size is > 0 and < BlockAreaSize;

    /// <summary>Size in bytes.</summary>
    public long Size => U32(4) | (long)U32(108) << 32;

    /// <summary>The 60 bytes that hold the map of blocks, the root of the extents, or content.</summary>
    public ReadOnlySpan<byte> Map => _bytes.AsSpan(BlockArea, BlockAreaSize);

    /// <summary>All bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    private int Mode => BinaryPrimitives.ReadUInt16LittleEndian(_bytes);

    private uint Flags => U32(32);

    private uint U32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(at));
}
