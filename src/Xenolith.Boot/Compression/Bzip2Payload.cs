using SharpCompress.Compressors;
using SharpCompress.Compressors.BZip2;

namespace Xenolith.Boot.Compression;

/// <summary>bzip2.</summary>
internal static class Bzip2Payload
{
    /// <summary>Unpacks one stream; block checksums are checked by the decoder.</summary>
    public static void Unpack(ReadOnlySpan<byte> input, Images.ImageBuffer output) =>
        InputStream.Drain(input, output, s => BZip2Stream.Create(s, CompressionMode.Decompress, false, false));
}
