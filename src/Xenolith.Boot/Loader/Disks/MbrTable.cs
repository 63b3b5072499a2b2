using System.Buffers.Binary;

namespace Xenolith.Boot.Loader.Disks;

/// <summary>The PC's partition table: four entries in the first sector, one of which may begin a chain of logical partitions.</summary>
internal static class MbrTable
{
    /// <summary>What all its numbers count in.</summary>
    public const int SectorSize = 512;

    /// <summary>The last two bytes of a sector with a table.</summary>
    public const ushort Signature = 0xAA55;

    private const int FirstEntry = 446, EntrySize = 16, Entries = 4;
    private const int FirstLogical = 5, MaxLogical = 128;
    private const byte GptProtective = 0xEE;

    /// <summary>Says whether the real table is a GPT.</summary>
    public static bool HasGpt(ReadOnlySpan<byte> sector)
    {
        for (var i = 0; i < Entries; i++)
        {
            if (sector[FirstEntry + (i * EntrySize) + 4] == GptProtective)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The partitions of a table, logical ones included.</summary>
    public static List<Partition> Read(BlockSource disk, ReadOnlySpan<byte> sector, ReadBudget budget)
    {
        var found = new List<Partition>();
        long extended = 0;
        for (var i = 0; i < Entries; i++)
        {
            var entry = Entry.At(sector, i);
            if (entry.IsExtended)
            {
                extended = extended == 0 ? entry.Start : extended;
            }
            else if (entry.IsUsable(disk))
            {
                found.Add(new(i + 1, "msdos", entry.Start * SectorSize, entry.Sectors * SectorSize, entry.Active));
            }
        }

        if (extended != 0)
        {
            ReadChain(disk, extended, found, budget);
        }

        return found;
    }

    // Each link holds one logical partition, counted from the link, and the next link, counted from the extended partition's start.
    private static void ReadChain(BlockSource disk, long extended, List<Partition> found, ReadBudget budget)
    {
        var sector = new byte[SectorSize];
        var link = extended;
        for (var number = FirstLogical; number < FirstLogical + MaxLogical; number++)
        {
            budget.Spend();
            if (link * SectorSize > disk.Length - SectorSize)
            {
                return;
            }

            disk.Read(link * SectorSize, sector);
            if (BinaryPrimitives.ReadUInt16LittleEndian(sector.AsSpan(510)) != Signature)
            {
                return;
            }

            var logical = Entry.At(sector, 0);
            logical = logical with { Start = logical.Start + link };
            if (!logical.IsExtended && logical.IsUsable(disk))
            {
                found.Add(new(number, "msdos", logical.Start * SectorSize, logical.Sectors * SectorSize, logical.Active));
            }

            var next = Entry.At(sector, 1);
            if (!next.IsExtended || next.Start == 0)
            {
                return;
            }

            link = extended + next.Start;
        }
    }

    private readonly record struct Entry(byte Type, bool Active, long Start, long Sectors)
    {
        public bool IsExtended => Type is 0x05 or 0x0F or 0x85;

        public static Entry At(ReadOnlySpan<byte> sector, int index)
        {
            var bytes = sector.Slice(FirstEntry + (index * EntrySize), EntrySize);
            return new(bytes[4], bytes[0] == 0x80, BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]));
        }

        public bool IsUsable(BlockSource disk) => Type != 0 && Start != 0 && Start * SectorSize < disk.Length;
    }
}
