using System.Buffers.Binary;
using Xenolith.Boot.Images;

namespace Xenolith.Boot.Compression;

/// <summary>The lzop container around LZO1X blocks: a header with optional parts, then blocks with both lengths and optional checksums.</summary>
internal static class LzopPayload
{
    private const uint Adler32Unpacked = 0x1, Adler32Packed = 0x2, ExtraField = 0x40, Crc32Unpacked = 0x100, Crc32Packed = 0x200, Filter = 0x800;
    private const int MaximumBlock = 64 << 20;

    /// <summary>lzop's file signature.</summary>
    public static ReadOnlySpan<byte> Magic => [0x89, (byte)'L', (byte)'Z', (byte)'O', 0, 0x0d, 0x0a, 0x1a, 0x0a];

    /// <summary>Unpacks one file.</summary>
    public static void Unpack(ReadOnlySpan<byte> input, ImageBuffer output)
    {
        input = SkipHeader(input[Magic.Length..], out var flags);
        var unpackedSums = Words(flags, Adler32Unpacked) + Words(flags, Crc32Unpacked);
        var packedSums = Words(flags, Adler32Packed) + Words(flags, Crc32Packed);

        for (; ; )
        {
            var unpacked = BinaryPrimitives.ReadUInt32BigEndian(input);
            if (unpacked == 0)
            {
                return;
            }

            var packed = BinaryPrimitives.ReadUInt32BigEndian(input[4..]);
            if (unpacked > MaximumBlock || packed > unpacked)
            {
                throw new InvalidDataException($"an lzo block of {packed} bytes for {unpacked}");
            }

            var sums = unpackedSums + (packed < unpacked ? packedSums : 0);
            var block = input.Slice(8 + sums, (int)packed);
            if (packed == unpacked)
            {
                output.Append(block);
            }
            else
            {
                var room = output.Free();
                if (room.Length < unpacked)
                {
                    throw output.TooLarge();
                }

                Lzo1x.Decode(block, room[..(int)unpacked]);
                output.Advance((int)unpacked);
            }

            input = input[(8 + sums + (int)packed)..];
        }
    }

    private static ReadOnlySpan<byte> SkipHeader(ReadOnlySpan<byte> input, out uint flags)
    {
        var version = BinaryPrimitives.ReadUInt16BigEndian(input);
        var modern = version >= 0x0940;

        // version, library version, [version needed], method, [level]
        input = input[(modern ? 8 : 5)..];
        flags = BinaryPrimitives.ReadUInt32BigEndian(input);
        input = input[4..];
        if ((flags & Filter) != 0)
        {
            input = input[4..];
        }

        // mode, time (two words since 0.940), name, checksum
        input = input[(modern ? 12 : 8)..];
        input = input[(1 + input[0] + 4)..];
        if ((flags & ExtraField) != 0)
        {
            input = input[(8 + (int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(input), int.MaxValue - 8))..];
        }

        return input;
    }

    private static int Words(uint flags, uint bit) => (flags & bit) != 0 ? 4 : 0;
}
