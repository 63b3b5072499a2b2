using System.Buffers.Binary;
using System.Text;

namespace Xenolith.Store.Journal;

/// <summary>Writes the fields of a record's body one after the other.</summary>
internal ref struct RecordBuilder(Span<byte> to)
{
    private readonly Span<byte> _to = to;

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>Writes one byte.</summary>
    public void Byte(byte value) => _to[Length++] = value;

    /// <summary>Writes 16 bits.</summary>
    public void Short(int value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_to[Length..], (ushort)value);
        Length += 2;
    }

    /// <summary>Writes 32 bits.</summary>
    public void Int(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_to[Length..], value);
        Length += 4;
    }

    /// <summary>Writes bytes as they are.</summary>
    public void Bytes(ReadOnlySpan<byte> value)
    {
        value.CopyTo(_to[Length..]);
        Length += value.Length;
    }

    /// <summary>Writes a name of at most 255 bytes; null as an empty one.</summary>
    public void Name(string? name)
    {
        var length = name is null ? 0 : Encoding.UTF8.GetBytes(name, _to[(Length + 1)..]);
        _to[Length] = (byte)length;
        Length += 1 + length;
    }
}
