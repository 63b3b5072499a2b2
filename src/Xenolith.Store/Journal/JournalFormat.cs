using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Xenolith.Store.Journal;

/// <summary>
/// The journal's bytes. A header of 64: the mark, u32 number of the run, then the id of the boot. Then records: u32 length of the body, u32 CRC-32C of
/// the body, body; padded to 4. A length of 0 is the end. A writer puts the length last, so a record is there whole or not at all.
/// </summary>
internal static class JournalFormat
{
    /// <summary>Bytes of the header.</summary>
    public const int HeaderSize = 64;

    /// <summary>Bytes before a record's body.</summary>
    public const int RecordHeader = 8;

    private const int RunOffset = 8;
    private const int BootOffset = 16;

    private static ReadOnlySpan<byte> Mark => "XLSTORE1"u8;

    /// <summary>Writes a header.</summary>
    public static void WriteHeader(Span<byte> to, uint run, string bootId)
    {
        to[..HeaderSize].Clear();
        Mark.CopyTo(to);
        BinaryPrimitives.WriteUInt32LittleEndian(to[RunOffset..], run);
        System.Text.Encoding.ASCII.GetBytes(bootId.AsSpan(0, Math.Min(bootId.Length, HeaderSize - BootOffset)), to[BootOffset..]);
    }

    /// <summary>Reads a header; false if it is none, or of another boot.</summary>
    public static bool TryReadHeader(ReadOnlySpan<byte> from, string bootId, out uint run)
    {
        run = 0;
        if (from.Length < HeaderSize || !from.StartsWith(Mark))
            return false;
        run = BinaryPrimitives.ReadUInt32LittleEndian(from[RunOffset..]);
        Span<byte> expected = stackalloc byte[HeaderSize];
        WriteHeader(expected, run, bootId);
        return from[..HeaderSize].SequenceEqual(expected);
    }

    /// <summary>The space a record takes.</summary>
    public static int SizeOf(int body) => (RecordHeader + body + 3) & ~3;

    /// <summary>Makes the bytes that stand behind the record's header a record.</summary>
    public static void Publish(Span<byte> record, int body)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(record[4..], Checksum(record.Slice(RecordHeader, body)));
        Volatile.Write(ref MemoryMarshal.AsRef<uint>(record), (uint)body);
    }

    /// <summary>The record at the start, or false at the end. <paramref name="isTorn"/>: something stands there, but is no record.</summary>
    public static bool TryRead(ReadOnlySpan<byte> from, out ReadOnlySpan<byte> body, out bool isTorn)
    {
        body = default;
        isTorn = false;
        if (from.Length < RecordHeader)
            return false;
        var length = BinaryPrimitives.ReadUInt32LittleEndian(from);
        if (length == 0)
            return false;
        isTorn = true;
        if (length > from.Length - RecordHeader)
            return false;
        body = from.Slice(RecordHeader, (int)length);
        isTorn = Checksum(body) != BinaryPrimitives.ReadUInt32LittleEndian(from[4..]);
        return !isTorn;
    }

    private static uint Checksum(ReadOnlySpan<byte> data)
    {
        var sum = uint.MaxValue;
        for (; data.Length >= 8; data = data[8..])
            sum = BitOperations.Crc32C(sum, BinaryPrimitives.ReadUInt64LittleEndian(data));
        foreach (var b in data)
            sum = BitOperations.Crc32C(sum, b);
        return ~sum;
    }
}
