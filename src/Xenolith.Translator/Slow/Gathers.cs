using Iced.Intel;

namespace Xenolith.Translator.Slow;

/// <summary>
/// The AVX2 gathers: elements in order, each loaded only if the sign of its mask element is set. A completed element clears its mask element; at a
/// fault the elements from the faulting one on are as they were, so that the instruction can be restarted.
/// </summary>
internal static class Gathers
{
    /// <summary>Executes the instruction.</summary>
    public static SlowOutcome Execute(VcpuContext vcpu, in Instruction instruction)
    {
        var (dataSize, indexSize) = instruction.Mnemonic switch
        {
            Mnemonic.Vgatherdps or Mnemonic.Vpgatherdd => (4, 4),
            Mnemonic.Vgatherdpd or Mnemonic.Vpgatherdq => (8, 4),
            Mnemonic.Vgatherqps or Mnemonic.Vpgatherqd => (4, 8),
            _ => (8, 8),
        };

        if (Conflicts(instruction))
        {
            return Exceptions.Raise(vcpu, Exceptions.InvalidOpcode, 0);
        }

        ref var registers = ref vcpu.Registers;
        var destination = VectorRegisters.Of(vcpu, instruction.Op0Register);
        var mask = VectorRegisters.Of(vcpu, instruction.Op2Register);
        var indices = VectorRegisters.Of(vcpu, instruction.MemoryIndex);
        var wide = instruction.Op0Register.IsYMM() || instruction.MemoryIndex.IsYMM();
        var count = (wide ? 32 : 16) / Math.Max(dataSize, indexSize);
        var general = GuestAccess.General(ref registers);
        var narrow = instruction.MemoryBase.IsGPR32();
        var origin = instruction.MemoryDisplacement64 + (instruction.MemoryBase == Register.None ? 0 : general[instruction.MemoryBase.GetNumber()]);
        var segment = instruction.MemorySegment switch { Register.FS => registers.FsBase, Register.GS => registers.GsBase, _ => 0UL };

        Span<byte> element = stackalloc byte[8];
        for (var i = 0; i < count; i++)
        {
            if (!VectorRegisters.IsSelected(mask, i, dataSize))
            {
                mask.Slice(i * dataSize, dataSize).Clear();
                continue;
            }

            var address = origin + (ulong)(VectorRegisters.Element(indices, i, indexSize) * instruction.MemoryIndexScale);
            address = (narrow ? (uint)address : address) + segment;
            if (!GuestAccess.Read(vcpu, address, element[..dataSize], Operands.UsesStackSegment(instruction)))
            {
                return SlowOutcome.Exception;
            }

            element[..dataSize].CopyTo(destination[(i * dataSize)..]);
            mask.Slice(i * dataSize, dataSize).Clear();
        }

        // VEX: what lies above the destination's elements is zero, and the whole mask register is.
        destination[(count * dataSize)..].Clear();
        mask.Clear();
        return SlowOutcome.Done;
    }

    private static bool Conflicts(in Instruction instruction)
    {
        var destination = instruction.Op0Register.GetNumber();
        var mask = instruction.Op2Register.GetNumber();
        var index = instruction.MemoryIndex.GetNumber();
        return destination == mask || destination == index || mask == index;
    }
}
