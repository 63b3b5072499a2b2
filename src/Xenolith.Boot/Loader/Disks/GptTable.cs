using System.Buffers.Binary;

namespace Xenolith.Boot.Loader.Disks;

/// <summary>The GUID partition table (UEFI specification, chapter 5), of disks with sectors of 512 or 4096 bytes.</summary>
internal static class GptTable
{
    private const int MaxEntries = 1024, MinEntrySize = 128, MaxEntrySize = 4096, HeaderSize = 92;
    private const ulong LegacyBootable = 1 << 2;

    /// <summary>Its partitions; none if there is no sound table.</summary>
    public static List<Partition> Read(BlockSource disk, ReadBudget budget)
    {
        foreach (var sectorSize in (int[])[512, 4096])
        {
            if (Read(disk, sectorSize, budget) is { Count: > 0 } found)
            {
                return found;
            }
        }

        return [];
    }

    private static List<Partition>? Read(BlockSource disk, int sectorSize, ReadBudget budget)
    {
        if (disk.Length < sectorSize + HeaderSize)
        {
            return null;
        }

        var header = new byte[HeaderSize];
        disk.Read(sectorSize, header);
        if (!header.AsSpan().StartsWith("EFI PART"u8))
        {
            return null;
        }

        var table = BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(72));
        var count = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(80));
        var size = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(84));
        if (size is < MinEntrySize or > MaxEntrySize || table > (ulong)(disk.Length / sectorSize))
        {
            return null;
        }

        var found = new List<Partition>();
        var entry = new byte[MinEntrySize];
        for (var i = 0; i < Math.Min(count, MaxEntries); i++)
        {
            budget.Spend();
            var position = ((long)table * sectorSize) + (i * size);
            if (position > disk.Length - MinEntrySize)
            {
                break;
            }

            disk.Read(position, entry);
            var first = BinaryPrimitives.ReadUInt64LittleEndian(entry.AsSpan(32));
            var last = BinaryPrimitives.ReadUInt64LittleEndian(entry.AsSpan(40));
            if (entry.AsSpan(0, 16).ContainsAnyExcept((byte)0) && first <= last && last < (ulong)(long.MaxValue / sectorSize) && (long)first * sectorSize < disk.Length)
            {
                var active = (BinaryPrimitives.ReadUInt64LittleEndian(entry.AsSpan(48)) & LegacyBootable) != 0;
                found.Add(new(i + 1, "gpt", (long)first * sectorSize, (long)(last - first + 1) * sectorSize, active));
            }
        }

        return found;
    }
}
