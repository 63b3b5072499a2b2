using System.Runtime.InteropServices;
using Xenolith.Engine;

namespace Xenolith.Machine.Mmu;

/// <summary>A vCPU's general registers by their encoding, in the sizes of operands.</summary>
internal readonly ref struct GeneralRegisters(ref VcpuRegisters registers)
{
    /// <summary>Encodings with a part of their own in instructions.</summary>
    public const int Rax = 0, Rcx = 1, Rdx = 2, Rbx = 3;

    private const int Count = 16;
    private readonly Span<ulong> _values = MemoryMarshal.CreateSpan(ref registers.Rax, Count);

    /// <summary>The source of an instruction: its register's part, or its immediate.</summary>
    public ulong SourceOf(in TableWriteInstruction instruction) =>
        instruction.Register < 0 ? instruction.Immediate : Read(instruction.Register, instruction.Size, instruction.HighBytes);

    /// <summary>Reads a register's low part, or with <paramref name="highBytes"/> AH, CH, DH, BH for byte registers 4..7.</summary>
    public ulong Read(int register, int size, bool highBytes)
    {
        var high = highBytes && register is >= 4 and < 8;
        return ((high ? _values[register - 4] >> 8 : _values[register]) & TableWriteArithmetic.MaskOf(size));
    }

    /// <summary>Writes what <see cref="Read"/> reads; a 32-bit write clears the upper half.</summary>
    public void Write(int register, int size, bool highBytes, ulong value)
    {
        var high = highBytes && register is >= 4 and < 8;
        ref var target = ref _values[high ? register - 4 : register];
        var shift = high ? 8 : 0;
        var mask = size == 4 ? ulong.MaxValue : TableWriteArithmetic.MaskOf(size) << shift;
        target = (target & ~mask) | ((value << shift) & mask & (size == 4 ? uint.MaxValue : ulong.MaxValue));
    }

    /// <summary>Two 32-bit halves as one value.</summary>
    public ulong ReadPair(int high, int low) => (_values[high] << 32) | (uint)_values[low];

    /// <summary>Writes two halves.</summary>
    public void WritePair(int high, int low, ulong value)
    {
        _values[high] = value >> 32;
        _values[low] = (uint)value;
    }
}
