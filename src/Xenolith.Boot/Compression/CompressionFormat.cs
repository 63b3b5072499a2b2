namespace Xenolith.Boot.Compression;

/// <summary>One way of packing a kernel: how its first bytes look and what unpacks it.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Matches">True for the first bytes of such a stream.</param>
/// <param name="Unpack">Unpacks one stream from the front of the input into a buffer; bytes behind the stream are ignored.</param>
internal sealed record CompressionFormat(string Name, CompressionFormat.Signature Matches, CompressionFormat.Decoder Unpack)
{
    /// <summary>Looks at the first bytes.</summary>
    public delegate bool Signature(ReadOnlySpan<byte> start);

    /// <summary>
    /// Unpacks. Throws <see cref="BootException"/> for what it can name and any other exception but
    /// <see cref="OutOfMemoryException"/> for damaged data.
    /// </summary>
    public delegate void Decoder(ReadOnlySpan<byte> input, Images.ImageBuffer output);

    /// <summary>Every format a Linux kernel can be packed in.</summary>
    public static IReadOnlyList<CompressionFormat> All { get; } =
    [
        new("gzip", s => s.StartsWith(GzipPayload.Magic), GzipPayload.Unpack),
        new("bzip2", s => s.StartsWith("BZh"u8), Bzip2Payload.Unpack),
        new("xz", s => s.StartsWith(XzPayload.Magic), XzPayload.Unpack),
        new("lzo", s => s.StartsWith(LzopPayload.Magic), LzopPayload.Unpack),
        new("lz4", s => s.StartsWith(Lz4LegacyPayload.Magic), Lz4LegacyPayload.Unpack),
        new("lz4 frame", s => s.StartsWith(Lz4FramePayload.Magic), Lz4FramePayload.Unpack),
        new("zstd", s => s.StartsWith(ZstdPayload.Magic), ZstdPayload.Unpack),
        new("lzma", LzmaAlonePayload.Recognises, LzmaAlonePayload.Unpack),
    ];

    /// <summary>The format of some bytes, or null.</summary>
    public static CompressionFormat? Of(ReadOnlySpan<byte> start)
    {
        foreach (var format in All)
        {
            if (format.Matches(start))
            {
                return format;
            }
        }

        return null;
    }
}
