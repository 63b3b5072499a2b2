using System.Buffers.Binary;

namespace Xenolith.Boot.Loader.Xfs;

/// <summary>An inode, as far as reading needs it.</summary>
internal sealed class XfsInode : IGuestNode
{
    private const int KindMask = 0xF000, Directory = 0x4000, Regular = 0x8000, Link = 0xA000;
    private const int Version3 = 3, Version2Core = 100, Version3Core = 176;
    private const ulong LargeCounts = 1 << 4;

    private readonly byte[] _bytes;

    private XfsInode(ulong number, byte[] bytes)
    {
        Number = number;
        _bytes = bytes;
    }

    /// <summary>Its number.</summary>
    public ulong Number { get; }

    /// <inheritdoc/>
    public bool IsDirectory => (Mode & KindMask) == Directory;

    /// <inheritdoc/>
    public bool IsFile => (Mode & KindMask) == Regular && !IsRealtime;

    /// <inheritdoc/>
    public bool IsLink => (Mode & KindMask) == Link;

    /// <summary>How its content is kept.</summary>
    public XfsForm Form => (XfsForm)_bytes[5];

    /// <summary>Size in bytes.</summary>
    public long Size => BinaryPrimitives.ReadInt64BigEndian(_bytes.AsSpan(56));

    /// <summary>How many extents its content has.</summary>
    public ulong Extents => (Flags2 & LargeCounts) != 0 ? BinaryPrimitives.ReadUInt64BigEndian(_bytes.AsSpan(24)) : BinaryPrimitives.ReadUInt32BigEndian(_bytes.AsSpan(76));

    /// <summary>The bytes in the inode that hold its content, its extents, or the root of their tree.</summary>
    public ReadOnlySpan<byte> Fork => _bytes.AsSpan(Core, AttributesAt == 0 ? _bytes.Length - Core : AttributesAt);

    private int Core => _bytes[4] == Version3 ? Version3Core : Version2Core;

    // Where the extended attributes begin, counted from the end of the core; 0 if there are none.
    private int AttributesAt => _bytes[82] * 8;

    private int Mode => BinaryPrimitives.ReadUInt16BigEndian(_bytes.AsSpan(2));

    private bool IsRealtime => (BinaryPrimitives.ReadUInt16BigEndian(_bytes.AsSpan(90)) & 1) != 0;

    private ulong Flags2 => _bytes[4] == Version3 ? BinaryPrimitives.ReadUInt64BigEndian(_bytes.AsSpan(120)) : 0;

    /// <summary>Reads one.</summary>
    /// <exception cref="ImageException">It is damaged.</exception>
    public static XfsInode Read(ulong number, byte[] bytes)
    {
        var inode = new XfsInode(number, bytes);
        return bytes.AsSpan().StartsWith("IN"u8) && inode.Core + inode.AttributesAt <= bytes.Length
            ? inode
            : throw new ImageException($"inode {number} is damaged");
    }
}
