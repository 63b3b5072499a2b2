using System.Buffers.Binary;
using Iced.Intel;
using Xenolith.Engine;
using Xenolith.Translator.Decode;

namespace Xenolith.Translator.Slow;

/// <summary>Masked loads and stores: only the selected elements are accessed, and only they can fault.</summary>
internal static class MaskedMoves
{
    /// <summary>vmaskmovps, vmaskmovpd, vpmaskmovd, vpmaskmovq.</summary>
    public static SlowOutcome Execute(VcpuContext vcpu, in Instruction instruction, ReadOnlySpan<byte> bytes, InstructionFacts facts)
    {
        var store = facts.Has(InstructionTraits.WritesMemory);
        var size = instruction.Mnemonic is Mnemonic.Vmaskmovps or Mnemonic.Vpmaskmovd ? 4 : 8;
        var whole = (store ? instruction.Op2Register : instruction.Op0Register).GetSize();
        var mask = VectorRegisters.Of(vcpu, instruction.Op1Register);
        var address = Operands.AddressOf(vcpu, instruction);
        var inStack = Operands.UsesStackSegment(instruction);

        for (var i = 0; store && i < whole / size; i++)
        {
            if (VectorRegisters.IsSelected(mask, i, size)
                && !GuestAccess.Probe(vcpu, address + (ulong)(i * size), size, WalkAccess.Write, inStack))
            {
                return SlowOutcome.Exception;
            }
        }

        Span<byte> result = stackalloc byte[VectorRegisters.Size];
        result.Clear();
        var source = store ? VectorRegisters.Of(vcpu, instruction.Op2Register) : default;
        for (var i = 0; i < whole / size; i++)
        {
            if (!VectorRegisters.IsSelected(mask, i, size))
            {
                continue;
            }

            var at = address + (ulong)(i * size);
            var done = store
                ? GuestAccess.Write(vcpu, at, source.Slice(i * size, size), inStack)
                : GuestAccess.Read(vcpu, at, result.Slice(i * size, size), inStack);
            if (!done)
            {
                return SlowOutcome.Exception;
            }
        }

        if (!store)
        {
            result.CopyTo(VectorRegisters.Of(vcpu, instruction.Op0Register));
        }

        return SlowOutcome.Done;
    }

    /// <summary>maskmovq, maskmovdqu, vmaskmovdqu: bytes at DS:RDI.</summary>
    public static SlowOutcome StoreBytes(VcpuContext vcpu, in Instruction instruction, ReadOnlySpan<byte> bytes)
    {
        ref var registers = ref vcpu.Registers;
        Span<byte> data = stackalloc byte[16];
        Span<byte> mask = stackalloc byte[16];
        var length = 16;
        if (instruction.Mnemonic == Mnemonic.Maskmovq)
        {
            length = 8;
            if (!ReadMmx(vcpu, instruction.Op1Register, data) || !ReadMmx(vcpu, instruction.Op2Register, mask))
            {
                return SlowOutcome.Exception;
            }
        }
        else
        {
            VectorRegisters.Of(vcpu, instruction.Op1Register)[..16].CopyTo(data);
            VectorRegisters.Of(vcpu, instruction.Op2Register)[..16].CopyTo(mask);
        }

        var address = instruction.Op0Kind == OpKind.MemorySegEDI ? (uint)registers.Rdi : registers.Rdi;
        address += instruction.SegmentPrefix switch { Register.FS => registers.FsBase, Register.GS => registers.GsBase, _ => 0 };
        // Whether unselected bytes fault is the implementation's choice; like AMD's, this one checks the whole operand.
        if (!GuestAccess.Probe(vcpu, address, length, WalkAccess.Write))
        {
            return SlowOutcome.Exception;
        }

        for (var i = 0; i < length; i++)
        {
            if ((mask[i] & 0x80) != 0 && !GuestAccess.Write(vcpu, address + (ulong)i, 1, data[i]))
            {
                return SlowOutcome.Exception;
            }
        }

        return SlowOutcome.Done;
    }

    // movq rax, mm: the MMX registers are still in the processor.
    private static bool ReadMmx(VcpuContext vcpu, Register register, Span<byte> value)
    {
        ref var registers = ref vcpu.Registers;
        var saved = registers.Rax;
        var outcome = NativeInstruction.Run(vcpu, [0x48, 0x0F, 0x7E, (byte)(0xC0 | (register.GetNumber() << 3))]);
        BinaryPrimitives.WriteUInt64LittleEndian(value, registers.Rax);
        registers.Rax = saved;
        return outcome == SlowOutcome.Done;
    }
}
