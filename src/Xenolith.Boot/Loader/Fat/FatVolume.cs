using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Xenolith.Boot.Loader.Fat;

/// <summary>What the first sector of a FAT file system says, checked so that later arithmetic cannot go wrong.</summary>
internal sealed class FatVolume
{
    /// <summary>Bytes of the sector that are read.</summary>
    public const int Size = 512;

    private const int LargestFat12 = 4084, LargestFat16 = 65524, EntrySize = 32;

    private FatVolume(ReadOnlySpan<byte> bytes)
    {
        long sector = BinaryPrimitives.ReadUInt16LittleEndian(bytes[11..]);
        ClusterShift = BitOperations.Log2((uint)sector * bytes[13]);
        var small = BinaryPrimitives.ReadUInt16LittleEndian(bytes[22..]);
        long tableSectors = small != 0 ? small : BinaryPrimitives.ReadUInt32LittleEndian(bytes[36..]);
        TableStart = BinaryPrimitives.ReadUInt16LittleEndian(bytes[14..]) * sector;
        TableSize = tableSectors * sector;
        RootStart = TableStart + (bytes[16] * TableSize);
        RootSize = BinaryPrimitives.ReadUInt16LittleEndian(bytes[17..]) * (long)EntrySize;
        DataStart = RootStart + ((RootSize + sector - 1) / sector * sector);
        var few = BinaryPrimitives.ReadUInt16LittleEndian(bytes[19..]);
        var total = (few != 0 ? few : BinaryPrimitives.ReadUInt32LittleEndian(bytes[32..])) * sector;
        Clusters = Math.Max(0, total - DataStart) >> ClusterShift;
        Bits = Clusters <= LargestFat12 ? 12 : Clusters <= LargestFat16 ? 16 : 32;
        var wide = small == 0;
        Bits = wide ? 32 : Bits;
        RootCluster = wide ? BinaryPrimitives.ReadUInt32LittleEndian(bytes[44..]) : 0;
        var serial = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(wide ? 67 : 39)..]);
        Uuid = string.Create(CultureInfo.InvariantCulture, $"{serial >> 16:X4}-{serial & 0xFFFF:X4}");
        Label = Encoding.ASCII.GetString(bytes.Slice(wide ? 71 : 43, 11)).TrimEnd(' ', '\0') is var label && label == "NO NAME" ? string.Empty : label;
    }

    /// <summary>Bits of an entry of the table: 12, 16 or 32.</summary>
    public int Bits { get; }

    /// <summary>The logarithm of a cluster's bytes.</summary>
    public int ClusterShift { get; }

    /// <summary>Clusters in all; the first has number 2.</summary>
    public long Clusters { get; }

    /// <summary>Where the table begins, in bytes.</summary>
    public long TableStart { get; }

    /// <summary>Bytes of the table.</summary>
    public long TableSize { get; }

    /// <summary>Where the root directory begins, in bytes, if it has no cluster.</summary>
    public long RootStart { get; }

    /// <summary>Bytes of it.</summary>
    public long RootSize { get; }

    /// <summary>The root directory's first cluster; 0 where it has a place of its own.</summary>
    public uint RootCluster { get; }

    /// <summary>Where cluster 2 begins, in bytes.</summary>
    public long DataStart { get; }

    /// <summary>The serial number, as Linux and GRUB write it.</summary>
    public string Uuid { get; }

    /// <summary>The label.</summary>
    public string Label { get; }

    /// <summary>Reads it; null if there is no such file system.</summary>
    public static FatVolume? Read(ReadOnlySpan<byte> bytes)
    {
        var sector = BinaryPrimitives.ReadUInt16LittleEndian(bytes[11..]);
        var sane = bytes[0] is 0xEB or 0xE9
            && bytes[510] == 0x55 && bytes[511] == 0xAA
            && sector is >= 512 and <= 4096 && BitOperations.IsPow2((int)sector)
            && bytes[13] != 0 && BitOperations.IsPow2((int)bytes[13])
            && BinaryPrimitives.ReadUInt16LittleEndian(bytes[14..]) != 0
            && bytes[16] is 1 or 2
            && bytes[21] >= 0xF0;
        return sane && new FatVolume(bytes) is { Clusters: > 0, TableSize: > 0 } volume ? volume : null;
    }
}
