using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Xenolith.Boot.Hashing;

/// <summary>BLAKE3's compression of eight neighbouring chunks at once, one in each lane of a vector register.</summary>
internal static class Blake3Lanes
{
    /// <summary>Chunks at once.</summary>
    public const int Count = 8;

    private const int ChunkBytes = 1024, Blocks = ChunkBytes / Blake3Node.BlockBytes, HalfBlock = Blake3Node.BlockBytes / 2;

    /// <summary>True if the CPU has the instructions.</summary>
    public static bool IsSupported => Avx2.IsSupported;

    /// <summary>Compresses whole chunks of which none is a root.</summary>
    /// <param name="data">At least eight chunks.</param>
    /// <param name="counter">Number of the first.</param>
    /// <param name="values">Their chaining values, 8 words each.</param>
    public static void Chunks(ReadOnlySpan<byte> data, ulong counter, Span<uint> values)
    {
        data = data[..(Count * ChunkBytes)];
        Span<Vector256<uint>> value = stackalloc Vector256<uint>[8];
        Span<Vector256<uint>> message = stackalloc Vector256<uint>[16];
        for (var i = 0; i < 8; i++)
        {
            value[i] = Vector256.Create(Blake3Node.Start[i]);
        }

        Vector256<uint> low = default, high = default;
        for (var i = 0; i < Count; i++)
        {
            low = low.WithElement(i, (uint)(counter + (ulong)i));
            high = high.WithElement(i, (uint)((counter + (ulong)i) >> 32));
        }

        for (var block = 0; block < Blocks; block++)
        {
            var at = data[(block * Blake3Node.BlockBytes)..];
            Transpose(at, message);
            Transpose(at[HalfBlock..], message[8..]);
            var flags = block == 0 ? Blake3Node.ChunkStart : block == Blocks - 1 ? Blake3Node.ChunkEnd : 0;
            Compress(value, message, low, high, flags);
        }

        for (var lane = 0; lane < Count; lane++)
        {
            for (var word = 0; word < 8; word++)
            {
                values[(lane * 8) + word] = value[word][lane];
            }
        }
    }

    private static void Compress(Span<Vector256<uint>> value, ReadOnlySpan<Vector256<uint>> m, Vector256<uint> low, Vector256<uint> high, uint flags)
    {
        Vector256<uint> v0 = value[0], v1 = value[1], v2 = value[2], v3 = value[3], v4 = value[4], v5 = value[5], v6 = value[6], v7 = value[7];
        Vector256<uint> v8 = Vector256.Create(Blake3Node.Start[0]), v9 = Vector256.Create(Blake3Node.Start[1]);
        Vector256<uint> v10 = Vector256.Create(Blake3Node.Start[2]), v11 = Vector256.Create(Blake3Node.Start[3]);
        Vector256<uint> v12 = low, v13 = high, v14 = Vector256.Create((uint)Blake3Node.BlockBytes), v15 = Vector256.Create(flags);
        for (var s = Blake3Node.Schedule; !s.IsEmpty; s = s[16..])
        {
            Mix(ref v0, ref v4, ref v8, ref v12, m[s[0]], m[s[1]]);
            Mix(ref v1, ref v5, ref v9, ref v13, m[s[2]], m[s[3]]);
            Mix(ref v2, ref v6, ref v10, ref v14, m[s[4]], m[s[5]]);
            Mix(ref v3, ref v7, ref v11, ref v15, m[s[6]], m[s[7]]);
            Mix(ref v0, ref v5, ref v10, ref v15, m[s[8]], m[s[9]]);
            Mix(ref v1, ref v6, ref v11, ref v12, m[s[10]], m[s[11]]);
            Mix(ref v2, ref v7, ref v8, ref v13, m[s[12]], m[s[13]]);
            Mix(ref v3, ref v4, ref v9, ref v14, m[s[14]], m[s[15]]);
        }

        value[0] = v0 ^ v8;
        value[1] = v1 ^ v9;
        value[2] = v2 ^ v10;
        value[3] = v3 ^ v11;
        value[4] = v4 ^ v12;
        value[5] = v5 ^ v13;
        value[6] = v6 ^ v14;
        value[7] = v7 ^ v15;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mix(ref Vector256<uint> a, ref Vector256<uint> b, ref Vector256<uint> c, ref Vector256<uint> d, Vector256<uint> x, Vector256<uint> y)
    {
        a += b + x;
        d = Avx2.Shuffle((d ^ a).AsByte(), By16).AsUInt32();
        c += d;
        b = Rotate(b ^ c, 12);
        a += b + y;
        d = Avx2.Shuffle((d ^ a).AsByte(), By8).AsUInt32();
        c += d;
        b = Rotate(b ^ c, 7);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Rotate(Vector256<uint> value, int bits) => (value >>> bits) | (value << (32 - bits));

    // Byte shuffles that rotate each word right.
    private static Vector256<byte> By16 => Vector256.Create(0x0504_0706_0100_0302UL, 0x0d0c_0f0e_0908_0b0aUL, 0x0504_0706_0100_0302UL, 0x0d0c_0f0e_0908_0b0aUL).AsByte();

    private static Vector256<byte> By8 => Vector256.Create(0x0407_0605_0003_0201UL, 0x0c0f_0e0d_080b_0a09UL, 0x0407_0605_0003_0201UL, 0x0c0f_0e0d_080b_0a09UL).AsByte();

    // Eight words of each of eight chunks: word i of all chunks into vector i.
    private static void Transpose(ReadOnlySpan<byte> at, Span<Vector256<uint>> words)
    {
        Vector256<uint> a = Load(at, 0), b = Load(at, 1), c = Load(at, 2), d = Load(at, 3), e = Load(at, 4), f = Load(at, 5), g = Load(at, 6), h = Load(at, 7);
        Vector256<ulong> ab = Avx2.UnpackLow(a, b).AsUInt64(), AB = Avx2.UnpackHigh(a, b).AsUInt64();
        Vector256<ulong> cd = Avx2.UnpackLow(c, d).AsUInt64(), CD = Avx2.UnpackHigh(c, d).AsUInt64();
        Vector256<ulong> ef = Avx2.UnpackLow(e, f).AsUInt64(), EF = Avx2.UnpackHigh(e, f).AsUInt64();
        Vector256<ulong> gh = Avx2.UnpackLow(g, h).AsUInt64(), GH = Avx2.UnpackHigh(g, h).AsUInt64();
        Join(Avx2.UnpackLow(ab, cd), Avx2.UnpackLow(ef, gh), out words[0], out words[4]);
        Join(Avx2.UnpackHigh(ab, cd), Avx2.UnpackHigh(ef, gh), out words[1], out words[5]);
        Join(Avx2.UnpackLow(AB, CD), Avx2.UnpackLow(EF, GH), out words[2], out words[6]);
        Join(Avx2.UnpackHigh(AB, CD), Avx2.UnpackHigh(EF, GH), out words[3], out words[7]);
    }

    private static Vector256<uint> Load(ReadOnlySpan<byte> at, int chunk) => Vector256.Create(MemoryMarshal.Cast<byte, uint>(at.Slice(chunk * ChunkBytes, HalfBlock)));

    private static void Join(Vector256<ulong> firstFour, Vector256<ulong> lastFour, out Vector256<uint> low, out Vector256<uint> high)
    {
        low = Avx2.Permute2x128(firstFour, lastFour, 0x20).AsUInt32();
        high = Avx2.Permute2x128(firstFour, lastFour, 0x31).AsUInt32();
    }
}
