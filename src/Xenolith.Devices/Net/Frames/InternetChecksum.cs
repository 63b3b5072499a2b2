using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Xenolith.Devices.Net.Frames;

/// <summary>
/// The internet checksum (RFC 1071) over pieces: sums are kept as little-endian 16-bit words, whose one's complement sum is the big-endian
/// one with its bytes swapped. A piece that begins at an odd place is added with <c>odd</c>.
/// </summary>
public static class InternetChecksum
{
    private const ulong Low = 0xffff_ffff;

    /// <summary>Adds bytes to a sum.</summary>
    /// <param name="sum">The sum so far, from <see cref="Add"/>, or 0.</param>
    /// <param name="bytes">What follows.</param>
    /// <param name="odd">True if an odd number of bytes came before.</param>
    public static ulong Add(ulong sum, ReadOnlySpan<byte> bytes, bool odd = false)
    {
        ulong part = 0;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        if (words.Length >= 2 * Vector256<ulong>.Count)
        {
            var low = Vector256<ulong>.Zero;
            var high = Vector256<ulong>.Zero;
            var vectors = MemoryMarshal.Cast<ulong, Vector256<ulong>>(words);
            var mask = Vector256.Create(Low);
            foreach (var vector in vectors)
            {
                low += vector & mask;
                high += vector >>> 32;
            }

            part = Narrow(Vector256.Sum(low)) + Narrow(Vector256.Sum(high));
            words = words[(vectors.Length * Vector256<ulong>.Count)..];
            bytes = bytes[(vectors.Length * Vector256<byte>.Count)..];
        }

        foreach (var word in words)
        {
            part += (word & Low) + (word >> 32);
        }

        bytes = bytes[(words.Length * sizeof(ulong))..];
        for (; bytes.Length >= 2; bytes = bytes[2..])
        {
            part += BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        }

        if (bytes.Length == 1)
        {
            part += bytes[0];
        }

        if (odd)
        {
            part = BinaryPrimitives.ReverseEndianness(Fold(part));
        }

        return sum + Narrow(part);
    }

    /// <summary>Adds a number as it stands in a header: two bytes, high byte first.</summary>
    public static ulong AddNumber(ulong sum, int number) => sum + BinaryPrimitives.ReverseEndianness((ushort)number);

    /// <summary>The sum as the 16 bits to store (little-endian) in a field that others go on summing into; not complemented.</summary>
    public static ushort Fold(ulong sum)
    {
        sum = (sum & Low) + (sum >> 32);
        sum = (sum & Low) + (sum >> 32);
        sum = (sum & 0xffff) + (sum >> 16);
        sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)((sum & 0xffff) + (sum >> 16));
    }

    /// <summary>The finished checksum as the 16 bits to store (little-endian).</summary>
    public static ushort Finish(ulong sum) => (ushort)~Fold(sum);

    // Keeps additions from ever overflowing 64 bits.
    private static ulong Narrow(ulong sum) => (sum & Low) + (sum >> 32);
}
