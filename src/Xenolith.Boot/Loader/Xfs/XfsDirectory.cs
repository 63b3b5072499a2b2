using System.Buffers.Binary;

namespace Xenolith.Boot.Loader.Xfs;

/// <summary>Directories: short ones in the inode, others in blocks of entries. Their hashed index is not used, which their format allows.</summary>
/// <param name="super">The file system.</param>
/// <param name="budget">Limits the work.</param>
internal sealed class XfsDirectory(XfsSuperblock super, ReadBudget budget)
{
    // 64 MiB are some hundred thousand files; a directory on the way to a kernel has a few.
    private const long MaxSize = 64 << 20;
    private const int ShortHeader = 2, ShortEntryHeader = 3, BlockHeader4 = 16, BlockHeader5 = 64, TailSize = 8, LeafEntrySize = 8, Alignment = 8;
    private const ushort Unused = 0xFFFF;

    /// <summary>All entries.</summary>
    /// <param name="inode">The directory.</param>
    /// <param name="content">Reads its blocks, up to a size; not called for short directories.</param>
    public IEnumerable<(ulong Inode, ReadOnlyMemory<byte> Name)> Entries(XfsInode inode, Func<long, FileContent> content) =>
        inode.Form == XfsForm.Local ? Short(inode, inode.Fork.ToArray()) : InBlocks(inode, content(MaxSize));

    private IEnumerable<(ulong Inode, ReadOnlyMemory<byte> Name)> Short(XfsInode inode, byte[] fork)
    {
        if (fork.Length < ShortHeader)
        {
            throw Damaged(inode);
        }

        // One large number makes all of them large.
        var numberSize = fork[1] > 0 ? 8 : 4;
        var at = ShortHeader + numberSize;
        for (var left = fork[0]; left > 0; left--)
        {
            budget.Spend();
            var nameLength = at < fork.Length ? fork[at] : 0;
            var number = at + ShortEntryHeader + nameLength + (super.HasTypes ? 1 : 0);
            if (nameLength == 0 || number + numberSize > fork.Length)
            {
                throw Damaged(inode);
            }

            yield return (Number(fork.AsSpan(number, numberSize)), fork.AsMemory(at + ShortEntryHeader, nameLength));
            at = number + numberSize;
        }
    }

    private IEnumerable<(ulong Inode, ReadOnlyMemory<byte> Name)> InBlocks(XfsInode inode, FileContent content)
    {
        var block = new byte[1 << (super.BlockShift + super.DirectoryShift)];
        for (long at = 0; at + block.Length <= content.Length; at += block.Length)
        {
            budget.Spend();
            content.Read(at, block);
            foreach (var entry in InBlock(inode, block))
            {
                yield return entry;
            }
        }
    }

    private IEnumerable<(ulong Inode, ReadOnlyMemory<byte> Name)> InBlock(XfsInode inode, byte[] block)
    {
        var end = block.Length;
        if (IsSingle(block))
        {
            // A directory of one block has its index behind the entries.
            var indexed = BinaryPrimitives.ReadUInt32BigEndian(block.AsSpan(block.Length - TailSize));
            end = indexed <= block.Length / LeafEntrySize ? block.Length - TailSize - ((int)indexed * LeafEntrySize) : -1;
        }
        else if (!IsOneOfMany(block))
        {
            yield break; // a hole
        }

        for (var at = super.Version == 5 ? BlockHeader5 : BlockHeader4; at < end;)
        {
            budget.Spend();
            if (end - at < Alignment + 1)
            {
                throw Damaged(inode);
            }

            if (BinaryPrimitives.ReadUInt16BigEndian(block.AsSpan(at)) == Unused)
            {
                var length = BinaryPrimitives.ReadUInt16BigEndian(block.AsSpan(at + 2));
                at += length >= Alignment && length % Alignment == 0 ? length : throw Damaged(inode);
                continue;
            }

            var nameLength = block[at + 8];
            var size = (9 + nameLength + (super.HasTypes ? 1 : 0) + 2 + Alignment - 1) & ~(Alignment - 1);
            if (nameLength == 0 || size > end - at)
            {
                throw Damaged(inode);
            }

            yield return (BinaryPrimitives.ReadUInt64BigEndian(block.AsSpan(at)), block.AsMemory(at + 9, nameLength));
            at += size;
        }
    }

    private static bool IsSingle(ReadOnlySpan<byte> block) => block.StartsWith("XD2B"u8) || block.StartsWith("XDB3"u8);

    private static bool IsOneOfMany(ReadOnlySpan<byte> block) => block.StartsWith("XD2D"u8) || block.StartsWith("XDD3"u8);

    private static ulong Number(ReadOnlySpan<byte> bytes) => bytes.Length == 8 ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);

    private static ImageException Damaged(XfsInode inode) => new($"directory inode {inode.Number} is damaged");
}
