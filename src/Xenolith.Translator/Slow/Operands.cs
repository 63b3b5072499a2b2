using Iced.Intel;
using Xenolith.Engine;
using Xenolith.Translator.Decode;

namespace Xenolith.Translator.Slow;

/// <summary>Reads and writes explicit operands of slow instructions: general registers of any width, immediates, and memory.</summary>
internal static class Operands
{
    /// <summary>Linear address of the memory operand.</summary>
    public static ulong AddressOf(VcpuContext vcpu, in Instruction instruction)
    {
        ref var registers = ref vcpu.Registers;
        return OperandMemory.AddressOf(instruction, GuestAccess.General(ref registers), registers.FsBase, registers.GsBase);
    }

    /// <summary>Base of the memory operand's segment: 0 but for FS and GS.</summary>
    public static ulong SegmentBase(VcpuContext vcpu, in Instruction instruction) => instruction.MemorySegment switch
    {
        Register.FS => vcpu.Registers.FsBase,
        Register.GS => vcpu.Registers.GsBase,
        _ => 0,
    };

    /// <summary>True if the operand's segment is SS, so that a bad address is #SS and not #GP.</summary>
    public static bool UsesStackSegment(in Instruction instruction) =>
        instruction.SegmentPrefix is not (Register.FS or Register.GS)
        && instruction.MemoryBase is Register.RSP or Register.RBP or Register.ESP or Register.EBP;

    /// <summary>A general register's value, zero-extended.</summary>
    public static ulong Read(ref VcpuRegisters registers, Register register)
    {
        var general = GuestAccess.General(ref registers);
        if (register is Register.AH or Register.CH or Register.DH or Register.BH)
        {
            return (byte)(general[register - Register.AH] >> 8);
        }

        var value = general[register.GetFullRegister().GetNumber()];
        return register.GetSize() switch
        {
            1 => (byte)value,
            2 => (ushort)value,
            4 => (uint)value,
            _ => value,
        };
    }

    /// <summary>Writes a general register with the architecture's rules: 32-bit writes clear the upper half, narrower ones keep it.</summary>
    public static void Write(ref VcpuRegisters registers, Register register, ulong value)
    {
        var general = GuestAccess.General(ref registers);
        if (register is Register.AH or Register.CH or Register.DH or Register.BH)
        {
            ref var high = ref general[register - Register.AH];
            high = (high & ~0xFF00UL) | ((value & 0xFF) << 8);
            return;
        }

        ref var full = ref general[register.GetFullRegister().GetNumber()];
        full = register.GetSize() switch
        {
            1 => (full & ~0xFFUL) | (byte)value,
            2 => (full & ~0xFFFFUL) | (ushort)value,
            4 => (uint)value,
            _ => value,
        };
    }

    /// <summary>Reads operand <paramref name="index"/>, a general register, an immediate or memory of <paramref name="size"/> bytes.</summary>
    public static bool Read(VcpuContext vcpu, in Instruction instruction, int index, int size, out ulong value)
    {
        switch (instruction.GetOpKind(index))
        {
            case OpKind.Register:
                value = Read(ref vcpu.Registers, instruction.GetOpRegister(index));
                return true;
            case OpKind.Memory:
                return GuestAccess.Read(vcpu, AddressOf(vcpu, instruction), size, out value, UsesStackSegment(instruction));
            default:
                value = instruction.GetImmediate(index);
                return true;
        }
    }

    /// <summary>Writes operand <paramref name="index"/>, a general register or memory of <paramref name="size"/> bytes.</summary>
    public static bool Write(VcpuContext vcpu, in Instruction instruction, int index, int size, ulong value)
    {
        if (instruction.GetOpKind(index) == OpKind.Memory)
        {
            return GuestAccess.Write(vcpu, AddressOf(vcpu, instruction), size, value, UsesStackSegment(instruction));
        }

        Write(ref vcpu.Registers, instruction.GetOpRegister(index), value);
        return true;
    }
}
