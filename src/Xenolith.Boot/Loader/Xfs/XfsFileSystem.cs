using System.Text;
using Xenolith.Boot.Loader.Disks;

namespace Xenolith.Boot.Loader.Xfs;

/// <summary>
/// A reader of XFS, versions 4 and 5. It trusts nothing: every number is checked, every walk spends from a budget. Checksums are not compared,
/// and the log is not replayed, as in GRUB: what was written just before a crash may not be seen until the guest has mounted it once.
/// </summary>
internal sealed class XfsFileSystem : GuestTree<XfsInode>
{
    // In front of each block of a link's target, with checksums (struct xfs_dsymlink_hdr).
    private const int LinkHeader = 56;

    private readonly BlockSource _disk;
    private readonly XfsSuperblock _super;
    private readonly XfsExtents _extents;
    private readonly XfsDirectory _directories;
    private readonly ReadBudget _budget;

    private XfsFileSystem(BlockSource disk, XfsSuperblock super, ReadBudget budget)
        : base(budget)
    {
        _disk = disk;
        _super = super;
        _budget = budget;
        _extents = new(disk, super, budget);
        _directories = new(super, budget);
    }

    /// <inheritdoc/>
    public override string Uuid => _super.Uuid.ToString();

    /// <inheritdoc/>
    public override string Label => _super.Label;

    /// <summary>Opens a file system; null if there is none of this kind.</summary>
    /// <exception cref="ImageException">It is damaged.</exception>
    public static XfsFileSystem? TryOpen(BlockSource disk, ReadBudget budget)
    {
        if (disk.Length < XfsSuperblock.Size)
        {
            return null;
        }

        var bytes = new byte[XfsSuperblock.Size];
        disk.Read(0, bytes);
        return XfsSuperblock.Recognises(bytes) ? new(disk, XfsSuperblock.Read(bytes), budget) : null;
    }

    /// <inheritdoc/>
    protected override XfsInode Root() => Inode(_super.RootInode);

    /// <inheritdoc/>
    protected override XfsInode? Find(XfsInode directory, string name)
    {
        var wanted = Encoding.UTF8.GetBytes(name);
        foreach (var (inode, bytes) in Entries(directory))
        {
            if (bytes.Span.SequenceEqual(wanted))
            {
                return Inode(inode);
            }
        }

        return null;
    }

    /// <inheritdoc/>
    protected override IEnumerable<string> Names(XfsInode directory) =>
        Entries(directory).Select(e => Encoding.UTF8.GetString(e.Name.Span)).Where(name => name is not ("." or ".."));

    /// <inheritdoc/>
    protected override string Target(XfsInode link)
    {
        CheckSize(link.Size, MaxPath);
        var size = (int)link.Size;
        if (link.Form == XfsForm.Local)
        {
            return Encoding.UTF8.GetString(link.Fork[..Math.Min(size, link.Fork.Length)]);
        }

        var blockSize = 1 << _super.BlockShift;
        var blocks = (size / (blockSize - LinkHeader)) + 1;
        var content = new RunContent(_disk, _extents.Of(link, blocks), _super.BlockShift, (long)blocks << _super.BlockShift).ReadAll();
        // Older versions of mkfs.xfs forget the headers of the links that they make.
        var header = content.AsSpan().StartsWith("XSLM"u8) ? LinkHeader : 0;
        var target = new byte[size];
        for (var done = 0; done < size;)
        {
            var block = content.AsSpan(done / (blockSize - header) * blockSize, blockSize)[header..];
            var piece = block[..Math.Min(block.Length, size - done)];
            piece.CopyTo(target.AsSpan(done));
            done += piece.Length;
        }

        return Encoding.UTF8.GetString(target);
    }

    /// <inheritdoc/>
    protected override FileContent Content(XfsInode file, long limit)
    {
        CheckSize(file.Size, limit);
        return new RunContent(_disk, _extents.Of(file, (file.Size >> _super.BlockShift) + 1), _super.BlockShift, file.Size);
    }

    private IEnumerable<(ulong Inode, ReadOnlyMemory<byte> Name)> Entries(XfsInode directory) => _directories.Entries(directory, limit => Content(directory, limit));

    private XfsInode Inode(ulong number)
    {
        _budget.Spend();
        var bytes = new byte[_super.InodeSize];
        _disk.Read(_super.PositionOf(number), bytes);
        return XfsInode.Read(number, bytes);
    }
}
