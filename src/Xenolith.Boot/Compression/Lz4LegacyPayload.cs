using System.Buffers.Binary;
using K4os.Compression.LZ4;

namespace Xenolith.Boot.Compression;

/// <summary>lz4's legacy frame, which the kernel's build still uses: blocks of up to 8 MiB, each behind its packed length, until the data ends.</summary>
internal static class Lz4LegacyPayload
{
    private const int BlockSize = 8 << 20;

    /// <summary>0x184c2102, little endian.</summary>
    public static ReadOnlySpan<byte> Magic => [0x02, 0x21, 0x4c, 0x18];

    /// <summary>Unpacks until the data ends or a length cannot be one (the kernel's trailing size word).</summary>
    public static void Unpack(ReadOnlySpan<byte> input, Images.ImageBuffer output)
    {
        input = input[4..];
        while (input.Length >= 4)
        {
            var length = BinaryPrimitives.ReadUInt32LittleEndian(input);
            input = input[4..];
            if (input.IsEmpty || input.StartsWith(Magic))
            {
                break;
            }

            if (length > (uint)LZ4Codec.MaximumOutputSize(BlockSize))
            {
                throw new InvalidDataException($"an lz4 block of {length} bytes");
            }

            if (length > (uint)input.Length)
            {
                throw new EndOfStreamException("the packed data ends too early");
            }

            var room = output.Free();
            var written = LZ4Codec.Decode(input[..(int)length], room[..Math.Min(room.Length, BlockSize)]);
            if (written < 0)
            {
                throw room.Length < BlockSize ? output.TooLarge() : new InvalidDataException("a damaged lz4 block");
            }

            output.Advance(written);
            input = input[(int)length..];
        }
    }
}
