using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Xenolith.Boot.Hashing;

/// <summary>One application of BLAKE3's compression function that is not made yet: only its maker knows whether it is the root. Little-endian hosts only.</summary>
internal struct Blake3Node
{
    /// <summary>Bytes of a block.</summary>
    public const int BlockBytes = 64;

    /// <summary>Flags of a chunk's first and last block.</summary>
    public const uint ChunkStart = 1, ChunkEnd = 2;

    /// <summary>Rounds of the compression function.</summary>
    public const int Rounds = 7;

    private const uint ParentFlag = 4, RootFlag = 8;

    private Eight _input;
    private Sixteen _block;
    private readonly ulong _counter;
    private readonly uint _length, _flags;

    /// <summary>Makes a node of a block.</summary>
    /// <param name="input">Chaining value.</param>
    /// <param name="block">At most <see cref="BlockBytes"/> bytes.</param>
    /// <param name="counter">Number of the chunk; 0 for parents.</param>
    /// <param name="flags">The flags but the root's.</param>
    public Blake3Node(ReadOnlySpan<uint> input, ReadOnlySpan<byte> block, ulong counter, uint flags)
    {
        input[..8].CopyTo(_input);
        block.CopyTo(MemoryMarshal.AsBytes((Span<uint>)_block));
        _counter = counter;
        _length = (uint)block.Length;
        _flags = flags;
    }

    /// <summary>The initial chaining value: the first words of SHA-256's.</summary>
    public static ReadOnlySpan<uint> Start => [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

    /// <summary>Which message word each place of a round takes, round by round.</summary>
    public static ReadOnlySpan<byte> Schedule =>
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8,
        3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1,
        10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6,
        12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4,
        9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7,
        11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13,
    ];

    /// <summary>The parent of two values.</summary>
    public static Blake3Node Parent(ReadOnlySpan<uint> left, ReadOnlySpan<uint> right)
    {
        Span<uint> both = stackalloc uint[16];
        left[..8].CopyTo(both);
        right[..8].CopyTo(both[8..]);
        return new Blake3Node(Start, MemoryMarshal.AsBytes(both), 0, ParentFlag);
    }

    /// <summary>Writes the node's chaining value, 8 words.</summary>
    public readonly void Value(Span<uint> value) => Compress(_flags, value);

    /// <summary>Writes the digest, if this is the root.</summary>
    public readonly void Root(Span<uint> digest) => Compress(_flags | RootFlag, digest);

    private readonly void Compress(uint flags, Span<uint> value)
    {
        Span<uint> v = [_input[0], _input[1], _input[2], _input[3], _input[4], _input[5], _input[6], _input[7],
            Start[0], Start[1], Start[2], Start[3], (uint)_counter, (uint)(_counter >> 32), _length, flags];
        ReadOnlySpan<uint> m = _block;
        for (var schedule = Schedule; !schedule.IsEmpty; schedule = schedule[16..])
        {
            Mix(ref v[0], ref v[4], ref v[8], ref v[12], m[schedule[0]], m[schedule[1]]);
            Mix(ref v[1], ref v[5], ref v[9], ref v[13], m[schedule[2]], m[schedule[3]]);
            Mix(ref v[2], ref v[6], ref v[10], ref v[14], m[schedule[4]], m[schedule[5]]);
            Mix(ref v[3], ref v[7], ref v[11], ref v[15], m[schedule[6]], m[schedule[7]]);
            Mix(ref v[0], ref v[5], ref v[10], ref v[15], m[schedule[8]], m[schedule[9]]);
            Mix(ref v[1], ref v[6], ref v[11], ref v[12], m[schedule[10]], m[schedule[11]]);
            Mix(ref v[2], ref v[7], ref v[8], ref v[13], m[schedule[12]], m[schedule[13]]);
            Mix(ref v[3], ref v[4], ref v[9], ref v[14], m[schedule[14]], m[schedule[15]]);
        }

        for (var i = 0; i < 8; i++)
        {
            value[i] = v[i] ^ v[i + 8];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mix(ref uint a, ref uint b, ref uint c, ref uint d, uint x, uint y)
    {
        a += b + x;
        d = BitOperations.RotateRight(d ^ a, 16);
        c += d;
        b = BitOperations.RotateRight(b ^ c, 12);
        a += b + y;
        d = BitOperations.RotateRight(d ^ a, 8);
        c += d;
        b = BitOperations.RotateRight(b ^ c, 7);
    }

    [InlineArray(8)]
    private struct Eight
    {
        private uint _first;
    }

    [InlineArray(16)]
    private struct Sixteen
    {
        private uint _first;
    }
}
