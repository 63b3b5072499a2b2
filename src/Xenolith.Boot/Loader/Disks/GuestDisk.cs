using Xenolith.Boot.Loader.Ext;
using Xenolith.Boot.Loader.Fat;
using Xenolith.Boot.Loader.Iso;
using Xenolith.Boot.Loader.Menus;
using Xenolith.Boot.Loader.Xfs;

namespace Xenolith.Boot.Loader.Disks;

/// <summary>A guest's disk with all file systems on it that can be read.</summary>
internal sealed class GuestDisk
{
    private readonly List<GuestVolume> _volumes = [];
    private readonly List<string> _problems = [];

    private GuestDisk(BlockSource blocks, IReadOnlyList<Partition> places, ReadBudget budget)
    {
        foreach (var place in places)
        {
            TryAdd(new BlockRange(blocks, place.Start, place.Length), place, budget);
        }
    }

    /// <summary>The file systems, in the order in which menus are looked for.</summary>
    public IReadOnlyList<GuestVolume> Volumes => _volumes;

    /// <summary>What was found elsewhere, or is damaged, in words.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Looks at a disk.</summary>
    /// <param name="blocks">The disk.</param>
    /// <param name="offset">Where its file system begins, if the caller knows; null to look for partitions.</param>
    /// <param name="budget">Limits the work.</param>
    public static GuestDisk Read(BlockSource blocks, long? offset, ReadBudget budget) =>
        new(blocks, offset is { } start ? [new Partition(0, string.Empty, start, long.MaxValue, false)] : PartitionTable.Read(blocks, budget), budget);

    /// <summary>The volume that a menu's device means, or null.</summary>
    public GuestVolume? Volume(GrubDevice device) =>
        // A disk without partitions is the first partition to menus that were written for `sda1' (and to those that xen-tools writes).
        _volumes.Count == 1 && _volumes[0].Place.Number == 0 ? _volumes[0] : _volumes.FirstOrDefault(v => v.Place.Number == device.Partition);

    /// <summary>Opens a file that a menu names: on the device it says; where there is no such file, on the menu's own volume.</summary>
    public FileContent? Open(GuestPath file, GuestVolume home, long limit)
    {
        var there = file.Device is { } device ? Volume(device) ?? home : home;
        return there.Files.Open(file.Path, limit) ?? (ReferenceEquals(there, home) ? null : home.Files.Open(file.Path, limit));
    }

    private static GuestFileSystem? Open(BlockRange range, ReadBudget budget) =>
        (GuestFileSystem?)ExtFileSystem.TryOpen(range, budget) ?? (GuestFileSystem?)XfsFileSystem.TryOpen(range, budget)
        ?? (GuestFileSystem?)IsoFileSystem.TryOpen(range, budget) ?? FatFileSystem.TryOpen(range, budget);

    private void TryAdd(BlockRange range, Partition place, ReadBudget budget)
    {
        try
        {
            if (Open(range, budget) is { } files)
            {
                _volumes.Add(new(place, files));
            }
            else if (FileSystemKind.Of(range) is { } kind)
            {
                _problems.Add($"{place} holds {kind}");
            }
        }
        catch (ImageException e)
        {
            _problems.Add($"{place}: {e.Message}");
        }
    }
}
