using Xenolith.Boot.Images;
using Xenolith.Host.Compression;

namespace Xenolith.Boot.Compression;

/// <summary>Drives liblzma over a whole input.</summary>
internal static class LzmaRun
{
    /// <summary>Unpacks one stream; throws <see cref="InvalidDataException"/> with liblzma's reason.</summary>
    public static void Unpack(LibLzma library, LzmaContainer container, ReadOnlySpan<byte> input, ImageBuffer output)
    {
        using var decoder = library.Open(container, (ulong)output.Limit + (64 << 20));
        for (; ; )
        {
            var result = decoder.Decode(ref input, output.Free(), out var written);
            output.Advance(written);
            switch (result)
            {
                case LzmaResult.StreamEnd:
                    return;
                case LzmaResult.Ok when written > 0 || input.Length > 0:
                    continue;
                case LzmaResult.Ok or LzmaResult.BufferError:
                    throw new EndOfStreamException("the packed data ends too early");
                case LzmaResult.MemoryLimit:
                    throw output.TooLarge();
                default:
                    throw new InvalidDataException($"liblzma: {result}");
            }
        }
    }
}
