using System.Buffers.Binary;

namespace Xenolith.Boot.Loader.Disks;

/// <summary>Finds where file systems can begin on a disk.</summary>
internal static class PartitionTable
{
    /// <summary>
    /// All places, in the order in which they are looked at: active partitions, the others, and the disk as a whole (which comes first if a
    /// file system that fills the disk is seen there). A damaged table gives what can be read of it.
    /// </summary>
    /// <param name="disk">The disk.</param>
    /// <param name="budget">Limits the work.</param>
    public static IReadOnlyList<Partition> Read(BlockSource disk, ReadBudget budget)
    {
        var whole = new Partition(0, string.Empty, 0, disk.Length, false);
        if (disk.Length < MbrTable.SectorSize)
        {
            return [whole];
        }

        var sector = new byte[MbrTable.SectorSize];
        disk.Read(0, sector);
        if (BinaryPrimitives.ReadUInt16LittleEndian(sector.AsSpan(510)) != MbrTable.Signature)
        {
            return [whole];
        }

        var found = MbrTable.HasGpt(sector) ? GptTable.Read(disk, budget) : MbrTable.Read(disk, sector, budget);
        if (found.Count == 0)
        {
            found = MbrTable.Read(disk, sector, budget);
        }

        return [.. found.OrderByDescending(p => p.Active), whole];
    }
}
