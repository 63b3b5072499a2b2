using System.Numerics;
using System.Runtime.InteropServices;

namespace Xenolith.Boot.Hashing;

/// <summary>
/// BLAKE3 (the default mode, 32 bytes): a cryptographic hash that plain vector instructions compute at gigabytes a second, so that naming a kernel by its content
/// costs neither time nor a library: libcrypto alone kept 3.4 MB of every domain's process.
/// </summary>
internal static class Blake3
{
    /// <summary>Bytes of a digest.</summary>
    public const int Length = 32;

    private const int ChunkBytes = 1024, MostLevels = 54, Words = Length / sizeof(uint);

    /// <summary>Hashes bytes.</summary>
    public static void Hash(ReadOnlySpan<byte> data, Span<byte> digest)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(digest.Length, Length, nameof(digest));

        // The values of complete subtrees, largest first; there is always data behind them, so none of them is the root.
        Span<uint> stack = stackalloc uint[MostLevels * Words];
        Span<uint> lanes = stackalloc uint[Blake3Lanes.Count * Words];
        var depth = 0;
        ulong chunks = 0;
        while (data.Length > ChunkBytes)
        {
            var count = data.Length > ChunkBytes * Blake3Lanes.Count && Blake3Lanes.IsSupported ? Blake3Lanes.Count : 1;
            if (count > 1)
            {
                Blake3Lanes.Chunks(data, chunks, lanes);
            }
            else
            {
                Chunk(data[..ChunkBytes], chunks, out var last, lanes[..Words]);
                last.Value(lanes);
            }

            for (var i = 0; i < count; i++)
            {
                chunks++;
                depth = Push(stack, depth, lanes.Slice(i * Words, Words), chunks);
            }

            data = data[(count * ChunkBytes)..];
        }

        Chunk(data, chunks, out var node, lanes);
        while (depth > 0)
        {
            depth--;
            node.Value(lanes);
            node = Blake3Node.Parent(stack.Slice(depth * Words, Words), lanes);
        }

        node.Root(lanes);
        MemoryMarshal.AsBytes(lanes[..Words]).CopyTo(digest);
    }

    // Joins the new value with those of finished left neighbours: as many as the count of chunks has trailing zeros.
    private static int Push(Span<uint> stack, int depth, Span<uint> value, ulong chunks)
    {
        for (var joins = BitOperations.TrailingZeroCount(chunks); joins > 0; joins--)
        {
            depth--;
            Blake3Node.Parent(stack.Slice(depth * Words, Words), value).Value(value);
        }

        value.CopyTo(stack[(depth * Words)..]);
        return depth + 1;
    }

    // Compresses all blocks of a chunk but the last, which it hands out.
    private static void Chunk(ReadOnlySpan<byte> data, ulong counter, out Blake3Node last, Span<uint> value)
    {
        Blake3Node.Start.CopyTo(value);
        var flags = Blake3Node.ChunkStart;
        while (data.Length > Blake3Node.BlockBytes)
        {
            new Blake3Node(value, data[..Blake3Node.BlockBytes], counter, flags).Value(value);
            flags = 0;
            data = data[Blake3Node.BlockBytes..];
        }

        last = new Blake3Node(value, data, counter, flags | Blake3Node.ChunkEnd);
    }
}
