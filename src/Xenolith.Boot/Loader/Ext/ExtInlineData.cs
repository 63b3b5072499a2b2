using System.Buffers.Binary;

namespace Xenolith.Boot.Loader.Ext;

/// <summary>Content that lies in the inode itself: 60 bytes in place of the map of blocks, the rest in the attribute <c>system.data</c> behind it.</summary>
internal static class ExtInlineData
{
    private const int OldInodeSize = 128, EntryHeader = 16, SystemIndex = 7;
    private const uint AttributeMagic = 0xEA020000;

    /// <summary>The content of a file, as many bytes as the inode holds.</summary>
    public static byte[] Of(ExtInode inode)
    {
        var rest = Attribute(inode);
        var content = new byte[inode.Map.Length + rest.Length];
        inode.Map.CopyTo(content);
        rest.CopyTo(content.AsSpan(inode.Map.Length));
        return content;
    }

    /// <summary>The value of <c>system.data</c>; empty if there is none.</summary>
    public static ReadOnlySpan<byte> Attribute(ExtInode inode)
    {
        var bytes = inode.Bytes;
        if (bytes.Length <= OldInodeSize + sizeof(ushort))
        {
            return [];
        }

        var at = OldInodeSize + BinaryPrimitives.ReadUInt16LittleEndian(bytes[OldInodeSize..]);
        if (at > bytes.Length - sizeof(uint) || BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]) != AttributeMagic)
        {
            return [];
        }

        var area = bytes[(at + sizeof(uint))..];
        for (var entry = area; entry.Length >= EntryHeader && BinaryPrimitives.ReadUInt32LittleEndian(entry) != 0;)
        {
            var nameLength = entry[0];
            var size = (EntryHeader + nameLength + 3) & ~3;
            if (size > entry.Length)
            {
                break;
            }

            if (entry[1] == SystemIndex && entry.Slice(EntryHeader, nameLength).SequenceEqual("data"u8))
            {
                var offset = BinaryPrimitives.ReadUInt16LittleEndian(entry[2..]);
                var length = BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]);
                return length <= area.Length && offset <= area.Length - (int)length
                    ? area.Slice(offset, (int)length)
                    : throw new ImageException($"the content in inode {inode.Number} reaches out of it");
            }

            entry = entry[size..];
        }

        return [];
    }
}
