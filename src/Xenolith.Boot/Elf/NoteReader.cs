using System.Buffers.Binary;

namespace Xenolith.Boot.Elf;

/// <summary>Goes through the notes of a segment or section. Stops at the first one that leaves its bytes.</summary>
internal ref struct NoteReader(ReadOnlySpan<byte> notes)
{
    private ReadOnlySpan<byte> _rest = notes;

    /// <summary>The note's type.</summary>
    public uint Type { get; private set; }

    /// <summary>Its owner, without the final zero.</summary>
    public ReadOnlySpan<byte> Owner { get; private set; }

    /// <summary>Its content.</summary>
    public ReadOnlySpan<byte> Content { get; private set; }

    /// <summary>Goes to the next note.</summary>
    public bool Next()
    {
        if (_rest.Length < 12)
        {
            return false;
        }

        var owner = BinaryPrimitives.ReadUInt32LittleEndian(_rest);
        var content = BinaryPrimitives.ReadUInt32LittleEndian(_rest[4..]);
        var contentAt = 12 + Aligned(owner);
        if (contentAt > (ulong)_rest.Length || content > (ulong)_rest.Length - contentAt)
        {
            return false;
        }

        Type = BinaryPrimitives.ReadUInt32LittleEndian(_rest[8..]);
        Owner = _rest.Slice(12, (int)owner).TrimEnd((byte)0);
        Content = _rest.Slice((int)contentAt, (int)content);
        _rest = _rest[(int)Math.Min(contentAt + Aligned(content), (ulong)_rest.Length)..];
        return true;
    }

    private static ulong Aligned(uint length) => ((ulong)length + 3) & ~3UL;
}
