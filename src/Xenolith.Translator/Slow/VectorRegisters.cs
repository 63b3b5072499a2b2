using System.Buffers.Binary;
using Iced.Intel;

namespace Xenolith.Translator.Slow;

/// <summary>The guest's vector registers in memory: sixteen of 32 bytes.</summary>
internal static class VectorRegisters
{
    /// <summary>Bytes of a register.</summary>
    public const int Size = 32;

    /// <summary>The bytes of an XMM or YMM register's whole 256 bits.</summary>
    public static Span<byte> Of(VcpuContext vcpu, Register register) => vcpu.Vectors.Slice((register.GetNumber() & 15) * Size, Size);

    /// <summary>An element of 4 or 8 bytes, sign-extended.</summary>
    public static long Element(ReadOnlySpan<byte> register, int index, int size) => size == 4
        ? BinaryPrimitives.ReadInt32LittleEndian(register[(4 * index)..])
        : BinaryPrimitives.ReadInt64LittleEndian(register[(8 * index)..]);

    /// <summary>True if the sign bit of an element is set.</summary>
    public static bool IsSelected(ReadOnlySpan<byte> mask, int index, int size) => (mask[(index * size) + size - 1] & 0x80) != 0;
}
