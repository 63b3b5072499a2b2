using System.Buffers.Binary;
using K4os.Compression.LZ4;
using Xenolith.Boot.Images;

namespace Xenolith.Boot.Compression;

/// <summary>lz4's modern frame: a descriptor, blocks (packed or stored, independent or linked) and an end mark. Checksums are skipped: the ELF checks find damage.</summary>
internal static class Lz4FramePayload
{
    private const uint Stored = 1u << 31;

    /// <summary>0x184d2204, little endian.</summary>
    public static ReadOnlySpan<byte> Magic => [0x04, 0x22, 0x4d, 0x18];

    /// <summary>Unpacks one frame.</summary>
    public static void Unpack(ReadOnlySpan<byte> input, ImageBuffer output)
    {
        var flags = input[4];
        if (flags >> 6 != 1)
        {
            throw new InvalidDataException($"lz4 frame version {flags >> 6}");
        }

        var blockCode = (input[5] >> 4) & 7;
        if (blockCode < 4)
        {
            throw new InvalidDataException($"lz4 block size code {blockCode}");
        }

        var blockSize = 1 << ((2 * blockCode) + 8);
        var blockChecksum = (flags & 0x10) != 0 ? 4 : 0;
        var independent = (flags & 0x20) != 0;
        input = input[(7 + ((flags & 8) != 0 ? 8 : 0) + ((flags & 1) != 0 ? 4 : 0))..];

        for (; ; )
        {
            var word = BinaryPrimitives.ReadUInt32LittleEndian(input);
            if (word == 0)
            {
                return;
            }

            var length = (int)(word & ~Stored);
            if (length > blockSize)
            {
                throw new InvalidDataException($"an lz4 block of {length} bytes");
            }

            var block = input.Slice(4, length);
            if ((word & Stored) != 0)
            {
                output.Append(block);
            }
            else
            {
                UnpackBlock(block, blockSize, independent, output);
            }

            input = input[(4 + length + blockChecksum)..];
        }
    }

    private static void UnpackBlock(ReadOnlySpan<byte> block, int blockSize, bool independent, ImageBuffer output)
    {
        var room = output.Free();
        room = room[..Math.Min(room.Length, blockSize)];
        var window = independent ? default : output.Bytes[Math.Max(0, output.Length - (64 << 10))..];
        var written = LZ4Codec.Decode(block, room, window);
        if (written < 0)
        {
            throw room.Length < blockSize ? output.TooLarge() : new InvalidDataException("a damaged lz4 block");
        }

        output.Advance(written);
    }
}
