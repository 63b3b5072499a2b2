using System.Text;
using Xenolith.Boot.Loader.Disks;

namespace Xenolith.Boot.Loader.Ext;

/// <summary>
/// A reader of ext2, ext3 and ext4. It trusts nothing: every number is checked against the file system's size, every walk spends from a budget.
/// Checksums are not compared (Linux and GRUB boot without them too), and a journal is not replayed, as in GRUB and pygrub.
/// </summary>
internal sealed class ExtFileSystem : GuestTree<ExtInode>
{
    private const long RootInode = 2;

    private readonly ExtSuperblock _super;
    private readonly ExtBlocks _blocks;
    private readonly ExtGroups _groups;

    private ExtFileSystem(BlockSource disk, ExtSuperblock super, ReadBudget budget)
        : base(budget)
    {
        _super = super;
        _blocks = new(disk, super, budget);
        _groups = new(super, _blocks);
    }

    /// <inheritdoc/>
    public override string Uuid => _super.Uuid.ToString();

    /// <inheritdoc/>
    public override string Label => _super.Label;

    /// <summary>Opens a file system; null if there is none of this kind.</summary>
    /// <exception cref="ImageException">It is damaged.</exception>
    public static ExtFileSystem? TryOpen(BlockSource disk, ReadBudget budget)
    {
        if (disk.Length < ExtSuperblock.Position + ExtSuperblock.Size)
        {
            return null;
        }

        var bytes = new byte[ExtSuperblock.Size];
        disk.Read(ExtSuperblock.Position, bytes);
        return ExtSuperblock.Recognises(bytes) ? new(disk, ExtSuperblock.Read(bytes), budget) : null;
    }

    /// <inheritdoc/>
    protected override ExtInode Root() => _groups.Inode(RootInode);

    /// <inheritdoc/>
    protected override ExtInode? Find(ExtInode directory, string name) =>
        ExtDirectory.Find(directory, name, _blocks, _super.BlockShift) is { } number ? _groups.Inode(number) : null;

    /// <inheritdoc/>
    protected override IEnumerable<string> Names(ExtInode directory) => ExtDirectory.Names(directory, _blocks, _super.BlockShift);

    /// <inheritdoc/>
    protected override string Target(ExtInode link) => Encoding.UTF8.GetString(
        link.IsShortLink ? link.Map[..(int)link.Size] : new ExtContent(link, _blocks, _super.BlockShift, MaxPath).ReadAll());

    /// <inheritdoc/>
    protected override FileContent Content(ExtInode file, long limit) => new ExtContent(file, _blocks, _super.BlockShift, limit);
}
