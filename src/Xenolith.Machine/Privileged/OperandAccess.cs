using Iced.Intel;
using Xenolith.Engine;

namespace Xenolith.Machine.Privileged;

/// <summary>Operands of an emulated instruction.</summary>
internal static class OperandAccess
{
    /// <summary>Linear address of the memory operand.</summary>
    public static ulong AddressOf(Vcpu vcpu, in Instruction instruction)
    {
        ref var registers = ref vcpu.Registers;
        var address = instruction.MemoryDisplacement64;
        if (instruction.MemoryBase is not (Register.None or Register.RIP or Register.EIP))
        {
            address += GetRegister(ref registers, instruction.MemoryBase);
        }

        if (instruction.MemoryIndex != Register.None)
        {
            address += GetRegister(ref registers, instruction.MemoryIndex) * (ulong)instruction.MemoryIndexScale;
        }

        var narrow = instruction.MemoryBase.GetSize() == 4 || instruction.MemoryIndex.GetSize() == 4;
        address = narrow ? (uint)address : address;
        return address + instruction.MemorySegment switch
        {
            Register.FS => registers.FsBase,
            Register.GS => registers.GsBase,
            _ => 0,
        };
    }

    /// <summary>Reads a register or memory operand of 1 to 8 bytes. False for a page fault.</summary>
    public static bool TryRead(Vcpu vcpu, in Instruction instruction, int operand, int size, out ulong value)
    {
        if (instruction.GetOpKind(operand) == OpKind.Register)
        {
            value = GetRegister(ref vcpu.Registers, instruction.GetOpRegister(operand));
            return true;
        }

        return TryRead(vcpu, AddressOf(vcpu, in instruction), size, out value);
    }

    /// <summary>Reads memory of 1 to 8 bytes. False for a page fault.</summary>
    public static bool TryRead(Vcpu vcpu, ulong address, int size, out ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        bytes.Clear();
        var ok = vcpu.TryReadGuest(address, bytes[..size]);
        value = BitConverter.ToUInt64(bytes);
        return ok;
    }

    /// <summary>A general register's value, of its size.</summary>
    public static ulong GetRegister(ref VcpuRegisters registers, Register register)
    {
        var value = GeneralRegisters.Of(ref registers, register.GetNumber());
        return register.GetSize() switch { 2 => (ushort)value, 4 => (uint)value, _ => value };
    }

    /// <summary>Writes a general register as the processor does: 32-bit writes clear the upper half, 16-bit ones keep it.</summary>
    public static void SetRegister(ref VcpuRegisters registers, Register register, ulong value)
    {
        ref var target = ref GeneralRegisters.Of(ref registers, register.GetNumber());
        target = register.GetSize() switch { 2 => (target & ~0xffffUL) | (ushort)value, 4 => (uint)value, _ => value };
    }
}
