using System.Buffers.Binary;
using System.Text;

namespace Xenolith.Boot.Loader.Ext;

/// <summary>Directories: lists of entries in blocks. Indexed ones are read as lists too, which their format allows.</summary>
internal static class ExtDirectory
{
    // 64 MiB are some hundred thousand files; a directory on the way to a kernel has a few.
    private const long MaxSize = 64 << 20;
    private const int Header = 8, InlineParent = 4;

    /// <summary>The inode of a name, or null.</summary>
    public static long? Find(ExtInode directory, string name, ExtBlocks blocks, int shift)
    {
        var wanted = Encoding.UTF8.GetBytes(name);
        foreach (var (inode, bytes) in Entries(directory, blocks, shift))
        {
            if (bytes.Span.SequenceEqual(wanted))
            {
                return inode;
            }
        }

        return null;
    }

    /// <summary>All names, <c>.</c> and <c>..</c> left out.</summary>
    public static IEnumerable<string> Names(ExtInode directory, ExtBlocks blocks, int shift)
    {
        foreach (var (_, bytes) in Entries(directory, blocks, shift))
        {
            var name = Encoding.UTF8.GetString(bytes.Span);
            if (name is not ("." or ".."))
            {
                yield return name;
            }
        }
    }

    private static IEnumerable<(long Inode, ReadOnlyMemory<byte> Name)> Entries(ExtInode directory, ExtBlocks blocks, int shift)
    {
        if (directory.IsInline)
        {
            // The first four bytes are the parent's number; the attribute continues as a list of its own.
            byte[][] lists = [directory.Map[InlineParent..].ToArray(), ExtInlineData.Attribute(directory).ToArray()];
            foreach (var entry in lists.SelectMany(list => InBlock(list, directory, blocks)))
            {
                yield return entry;
            }

            yield break;
        }

        var content = new ExtContent(directory, blocks, shift, MaxSize);
        var block = new byte[1 << shift];
        for (long at = 0; at + block.Length <= content.Length; at += block.Length)
        {
            content.Read(at, block);
            foreach (var entry in InBlock(block, directory, blocks))
            {
                yield return entry;
            }
        }
    }

    private static IEnumerable<(long Inode, ReadOnlyMemory<byte> Name)> InBlock(byte[] block, ExtInode directory, ExtBlocks blocks)
    {
        for (var at = 0; at + Header <= block.Length;)
        {
            blocks.Budget.Spend();
            var inode = BinaryPrimitives.ReadUInt32LittleEndian(block.AsSpan(at));
            int length = BinaryPrimitives.ReadUInt16LittleEndian(block.AsSpan(at + 4));
            // Blocks of 64 KiB cannot say their own length in 16 bits.
            length = length is 0 or 0xFFFF && block.Length == 1 << 16 ? 1 << 16 : length;
            var nameLength = block[at + 6];
            if (inode == 0 && length == 0 && block.Length < 1 << 10)
            {
                yield break; // the unused rest of an inline list
            }

            if (length < Header || (length & 3) != 0 || length > block.Length - at || (inode != 0 && nameLength + Header > length))
            {
                throw new ImageException($"directory inode {directory.Number} is damaged: an entry of {length} bytes with a name of {nameLength}");
            }

            if (inode != 0 && nameLength > 0)
            {
                yield return (inode, block.AsMemory(at + Header, nameLength));
            }

            at += length;
        }
    }
}
