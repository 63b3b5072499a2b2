using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Xenolith.Boot.Compression;

/// <summary>zstd; kernels use windows of up to 128 MiB, so whole frames are unpacked at once.</summary>
internal static unsafe class ZstdPayload
{
    private const ulong Unknown = ulong.MaxValue, Error = ulong.MaxValue - 1;

    /// <summary>0xfd2fb528, little endian.</summary>
    public static ReadOnlySpan<byte> Magic => [0x28, 0xb5, 0x2f, 0xfd];

    /// <summary>Unpacks one frame.</summary>
    public static void Unpack(ReadOnlySpan<byte> input, Images.ImageBuffer output)
    {
        nuint frame;
        ulong size;
        fixed (byte* start = input)
        {
            // SAFETY: both read no further than the given length.
            frame = Methods.ZSTD_findFrameCompressedSize(start, (nuint)input.Length);
            size = Methods.ZSTD_getFrameContentSize(start, (nuint)input.Length);
        }

        if (Methods.ZSTD_isError(frame) || size == Error)
        {
            throw new EndOfStreamException("the packed data ends too early");
        }

        input = input[..(int)frame];
        if (size == Unknown)
        {
            InputStream.Drain(input, output, Open);
            return;
        }

        if (size > (ulong)output.Limit)
        {
            throw output.TooLarge();
        }

        using var decompressor = new Decompressor();
        output.Advance(decompressor.Unwrap(input, output.Free()[..(int)size]));
    }

    private static DecompressionStream Open(Stream packed)
    {
        var stream = new DecompressionStream(packed);
        stream.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, 31);
        return stream;
    }
}
