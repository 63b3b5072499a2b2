using Xenolith.Boot.Loader.Disks;

namespace Xenolith.Boot.Loader.Fat;

/// <summary>A reader of FAT with 12, 16 and 32 bits and long names. It trusts nothing: every number is checked, every walk spends from a budget.</summary>
internal sealed class FatFileSystem : GuestTree<FatNode>
{
    private const int MaxDirectory = 2 << 20;

    private readonly FatVolume _volume;
    private readonly FatChain _chain;
    private readonly ReadBudget _budget;
    private readonly BlockSource _disk, _data;

    private FatFileSystem(BlockSource disk, FatVolume volume, ReadBudget budget)
        : base(budget)
    {
        _volume = volume;
        _budget = budget;
        _disk = disk;
        _chain = new(disk, volume, budget);
        _data = new BlockRange(disk, volume.DataStart, volume.Clusters << volume.ClusterShift);
    }

    /// <inheritdoc/>
    public override string Uuid => _volume.Uuid;

    /// <inheritdoc/>
    public override string Label => _volume.Label;

    /// <summary>Opens a file system; null if there is none of this kind.</summary>
    public static FatFileSystem? TryOpen(BlockSource disk, ReadBudget budget)
    {
        if (disk.Length < FatVolume.Size)
        {
            return null;
        }

        var bytes = new byte[FatVolume.Size];
        disk.Read(0, bytes);
        return FatVolume.Read(bytes) is { } volume ? new(disk, volume, budget) : null;
    }

    /// <inheritdoc/>
    protected override FatNode Root() => new(string.Empty, string.Empty, _volume.RootCluster, 0, true);

    /// <inheritdoc/>
    protected override FatNode? Find(FatNode directory, string name) => Entries(directory).FirstOrDefault(
        e => e.Name.Equals(name, StringComparison.OrdinalIgnoreCase) || e.ShortName.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <inheritdoc/>
    protected override IEnumerable<string> Names(FatNode directory) => Entries(directory).Select(e => e.Name);

    /// <inheritdoc/>
    protected override string Target(FatNode link) => throw new ImageException("FAT has no links");

    /// <inheritdoc/>
    protected override FileContent Content(FatNode file, long limit)
    {
        CheckSize(file.Size, limit);
        return new RunContent(_data, _chain.Of(file.Cluster, (file.Size >> _volume.ClusterShift) + 1), _volume.ClusterShift, file.Size);
    }

    private IEnumerable<FatNode> Entries(FatNode directory)
    {
        if (directory.Cluster == 0)
        {
            return FatDirectory.Read(new RunContent(new BlockRange(_disk, _volume.RootStart, _volume.RootSize), [new(0, _volume.RootSize, 0)], 0, _volume.RootSize), _budget);
        }

        // A directory does not tell its size: it has what its chain has.
        var runs = _chain.Of(directory.Cluster, MaxDirectory >> _volume.ClusterShift);
        return FatDirectory.Read(new RunContent(_data, runs, _volume.ClusterShift, runs.Sum(r => r.Count) << _volume.ClusterShift), _budget);
    }
}
