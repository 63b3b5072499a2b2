using System.Buffers.Binary;
using System.Text;

namespace Xenolith.Store.Journal;

/// <summary>Reads the fields of a record's body; what is not there throws <see cref="ArgumentException"/>, and the record is refused.</summary>
internal ref struct RecordReader(ReadOnlySpan<byte> body)
{
    /// <summary>What has not been read.</summary>
    public ReadOnlySpan<byte> Rest { get; private set; } = body;

    /// <summary>Reads one byte.</summary>
    public byte Byte() => Bytes(1)[0];

    /// <summary>Reads 16 bits.</summary>
    public ushort Short() => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2));

    /// <summary>Reads 32 bits.</summary>
    public int Int() => BinaryPrimitives.ReadInt32LittleEndian(Bytes(4));

    /// <summary>Reads a number of bytes.</summary>
    public ReadOnlySpan<byte> Bytes(int count)
    {
        var bytes = Rest[..count];
        Rest = Rest[count..];
        return bytes;
    }

    /// <summary>Reads a name; null if it is empty.</summary>
    public string? Name() => Byte() is > 0 and var length ? Encoding.UTF8.GetString(Bytes(length)) : null;
}
