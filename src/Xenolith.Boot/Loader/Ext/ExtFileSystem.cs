using System.Text;
using Xenolith.Boot.Loader.Disks;

namespace Xenolith.Boot.Loader.Ext;

/// <summary>
/// A reader of ext2, ext3 and ext4. It trusts nothing: every number is checked against the file system's size, every walk spends from a budget.
/// Checksums are not compared (Linux and GRUB boot without them too), and a journal is not replayed, as in GRUB and pygrub.
/// </summary>
internal sealed class ExtFileSystem : GuestFileSystem
{
    private const long RootInode = 2;
    private const int MaxLinks = 40, MaxPath = 4096, MaxListed = 4096;

    private readonly ExtSuperblock _super;
    private readonly ExtBlocks _blocks;
    private readonly ExtGroups _groups;

    private ExtFileSystem(BlockSource disk, ExtSuperblock super, ReadBudget budget)
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
    public override FileContent? Open(string path, long limit) =>
        Walk(path) is { IsFile: true } inode ? new ExtContent(inode, _blocks, _super.BlockShift, limit) : null;

    /// <inheritdoc/>
    public override IReadOnlyList<string> List(string path) =>
        Walk(path) is { IsDirectory: true } inode ? [.. ExtDirectory.Names(inode, _blocks, _super.BlockShift).Take(MaxListed)] : [];

    private ExtInode? Walk(string path)
    {
        if (path.Length > MaxPath)
        {
            throw new ImageException($"a path of {path.Length} characters is named");
        }

        var ahead = new Stack<string>(Parts(path).Reverse());
        var trail = new Stack<ExtInode>([_groups.Inode(RootInode)]);
        var links = 0;
        while (ahead.TryPop(out var part))
        {
            _blocks.Budget.Spend();
            if (part == "..")
            {
                if (trail.Count > 1)
                {
                    trail.Pop();
                }

                continue;
            }

            if (!trail.Peek().IsDirectory)
            {
                return null;
            }

            if (ExtDirectory.Find(trail.Peek(), part, _blocks, _super.BlockShift) is not { } number)
            {
                return null;
            }

            var inode = _groups.Inode(number);
            if (!inode.IsLink)
            {
                trail.Push(inode);
                continue;
            }

            if (++links > MaxLinks)
            {
                throw new ImageException($"the links on the way to {path} lead in a circle");
            }

            var target = Target(inode);
            if (target.StartsWith('/'))
            {
                trail = new([trail.Last()]);
            }

            foreach (var piece in Parts(target).Reverse())
            {
                ahead.Push(piece);
            }

            if (ahead.Count > MaxPath)
            {
                throw new ImageException($"the links on the way to {path} make it endless");
            }
        }

        return trail.Peek();
    }

    private string Target(ExtInode link)
    {
        if (link.IsShortLink)
        {
            return Encoding.UTF8.GetString(link.Map[..(int)link.Size]);
        }

        return Encoding.UTF8.GetString(new ExtContent(link, _blocks, _super.BlockShift, MaxPath).ReadAll());
    }

    private static IEnumerable<string> Parts(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(p => p != ".");
}
