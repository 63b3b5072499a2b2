using System.Buffers.Binary;
using System.IO.Compression;

namespace Xenolith.Boot.Compression;

/// <summary>gzip (RFC 1952), also for whole gzipped ELF files as NetBSD ships them.</summary>
internal static class GzipPayload
{
    /// <summary>ID1, ID2 and the only method there is.</summary>
    public static ReadOnlySpan<byte> Magic => [0x1f, 0x8b, 0x08];

    /// <summary>Unpacks; zlib checks the CRC, but the stream takes an early end of the data for the end.</summary>
    public static void Unpack(ReadOnlySpan<byte> input, Images.ImageBuffer output)
    {
        InputStream.Drain(input, output, s => new GZipStream(s, CompressionMode.Decompress));
        if (BinaryPrimitives.ReadUInt32LittleEndian(input[^4..]) != (uint)output.Length)
        {
            throw new EndOfStreamException("the packed data ends too early");
        }
    }
}
