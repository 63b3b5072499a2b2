using System.Buffers.Binary;
using Xenolith.Boot.Loader;
using Xenolith.Boot.Loader.Disks;

namespace Xenolith.Tests.Unit.Boot.Loader;

/// <summary>A disk in memory, with partitions put on it by hand.</summary>
internal sealed class MemoryDisk(byte[] bytes) : BlockSource
{
    private const int Sector = 512, Gap = 2048;

    public override long Length => bytes.Length;

    /// <summary>What it wants to be booted with.</summary>
    public static FoundBoot Find(byte[] disk, LoaderOptions? options = null, long memory = 256 << 20) =>
        BootLoader.Find(new MemoryDisk(disk), "disk xvda", options ?? new(), memory);

    /// <summary>A disk with an MBR; null makes an empty entry. What is behind the third lies in an extended partition.</summary>
    public static byte[] WithMbr(int active, params byte[]?[] partitions)
    {
        var disk = new byte[partitions.Sum(p => (p?.Length ?? 0) + (Gap * Sector)) + (Gap * Sector)];
        var next = Gap;
        var extended = 0;
        var table = 0;
        for (var i = 0; i < partitions.Length; i++)
        {
            if (partitions[i] is not { } content)
            {
                continue;
            }

            if (i < 3)
            {
                Entry(disk, 0, i, 0x83, next, content.Length / Sector, i + 1 == active);
                content.CopyTo(disk, next * Sector);
                next += (content.Length / Sector) + Gap;
                continue;
            }

            if (extended == 0)
            {
                extended = next;
                Entry(disk, 0, 3, 0x0F, extended, (disk.Length / Sector) - extended, false);
            }
            else
            {
                Entry(disk, table, 1, 0x05, next - extended, 1, false);
            }

            table = next;
            Entry(disk, table, 0, 0x83, 8, content.Length / Sector, false);
            content.CopyTo(disk, (next + 8) * Sector);
            next += 8 + (content.Length / Sector) + 8;
        }

        Sign(disk, 0);
        return disk;
    }

    /// <summary>A disk with a GPT.</summary>
    public static byte[] WithGpt(params byte[][] partitions)
    {
        var disk = new byte[partitions.Sum(p => p.Length + (Gap * Sector)) + (Gap * Sector)];
        Entry(disk, 0, 0, 0xEE, 1, (disk.Length / Sector) - 1, false);
        var header = disk.AsSpan(Sector);
        "EFI PART"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt64LittleEndian(header[72..], 2);
        BinaryPrimitives.WriteUInt32LittleEndian(header[80..], 128);
        BinaryPrimitives.WriteUInt32LittleEndian(header[84..], 128);
        var next = Gap;
        for (var i = 0; i < partitions.Length; i++)
        {
            var entry = disk.AsSpan((2 * Sector) + (i * 128), 128);
            entry[0] = 1;
            BinaryPrimitives.WriteUInt64LittleEndian(entry[32..], (ulong)next);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[40..], (ulong)(next + (partitions[i].Length / Sector) - 1));
            partitions[i].CopyTo(disk, next * Sector);
            next += (partitions[i].Length / Sector) + Gap;
        }

        return disk;
    }

    protected override void ReadInside(long position, Span<byte> buffer) => bytes.AsSpan((int)position, buffer.Length).CopyTo(buffer);

    private static void Entry(byte[] disk, int sector, int index, byte type, int start, int count, bool active)
    {
        var entry = disk.AsSpan((sector * Sector) + 446 + (index * 16), 16);
        entry[0] = active ? (byte)0x80 : (byte)0;
        entry[4] = type;
        BinaryPrimitives.WriteInt32LittleEndian(entry[8..], start);
        BinaryPrimitives.WriteInt32LittleEndian(entry[12..], count);
        Sign(disk, sector);
    }

    private static void Sign(byte[] disk, int sector) => (disk[(sector * Sector) + 510], disk[(sector * Sector) + 511]) = (0x55, 0xAA);
}
