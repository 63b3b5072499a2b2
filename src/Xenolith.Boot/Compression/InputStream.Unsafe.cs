namespace Xenolith.Boot.Compression;

/// <summary>Lends bytes outside the managed heap to decoders that only read streams.</summary>
internal static unsafe class InputStream
{
    /// <summary>Runs a decoder over the bytes and appends everything it yields.</summary>
    /// <param name="input">Packed bytes; stay where they are during the call.</param>
    /// <param name="output">Where the unpacked bytes go.</param>
    /// <param name="open">Wraps the packed stream in the unpacking one.</param>
    public static void Drain(ReadOnlySpan<byte> input, Images.ImageBuffer output, Func<Stream, Stream> open)
    {
        fixed (byte* start = input)
        {
            // SAFETY: the span is fixed for the life of both streams, which end inside this block.
            using var packed = new UnmanagedMemoryStream(start, input.Length);
            using var unpacked = open(packed);
            for (; ; )
            {
                var read = unpacked.Read(output.Free());
                if (read == 0)
                {
                    return;
                }

                output.Advance(read);
            }
        }
    }
}
