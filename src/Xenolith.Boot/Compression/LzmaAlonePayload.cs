using System.Buffers.Binary;
using SharpCompress.Compressors.LZMA;
using Xenolith.Host.Compression;

namespace Xenolith.Boot.Compression;

/// <summary>The old .lzma container: 5 bytes of properties, an 8-byte size (or -1), raw LZMA. It has no magic.</summary>
internal static class LzmaAlonePayload
{
    private const int HeaderLength = 13;

    /// <summary>Properties of level presets (0x5d), a power-of-two dictionary and a believable size: as sure as one can be.</summary>
    public static bool Recognises(ReadOnlySpan<byte> start)
    {
        if (start.Length < HeaderLength || start[0] >= 9 * 5 * 5)
        {
            return false;
        }

        var dictionary = BinaryPrimitives.ReadUInt32LittleEndian(start[1..]);
        var size = BinaryPrimitives.ReadUInt64LittleEndian(start[5..]);
        return dictionary is >= 1 << 12 and <= 1 << 30 && uint.PopCount(dictionary) <= 2 && (size == ulong.MaxValue || size < 1UL << 32);
    }

    /// <summary>Unpacks one stream.</summary>
    public static void Unpack(ReadOnlySpan<byte> input, Images.ImageBuffer output)
    {
        if (LibLzma.Load() is { } library)
        {
            LzmaRun.Unpack(library, LzmaContainer.Alone, input, output);
            return;
        }

        var properties = input[..5].ToArray();
        var size = BinaryPrimitives.ReadInt64LittleEndian(input[5..]);
        InputStream.Drain(input[HeaderLength..], output, s => LzmaStream.Create(properties, s, -1, size, false));
    }
}
