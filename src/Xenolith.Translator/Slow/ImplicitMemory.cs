using Iced.Intel;

namespace Xenolith.Translator.Slow;

/// <summary>xlatb and clzero: memory operands that the encoding does not name.</summary>
internal static class ImplicitMemory
{
    /// <summary>Executes the instruction.</summary>
    public static SlowOutcome Execute(VcpuContext vcpu, in Instruction instruction)
    {
        ref var registers = ref vcpu.Registers;
        if (instruction.Mnemonic == Mnemonic.Clzero)
        {
            const int line = 64;
            Span<byte> zeros = stackalloc byte[line];
            zeros.Clear();
            var target = registers.Rax & ~(ulong)(line - 1);
            return GuestAccess.Write(vcpu, target, zeros) ? SlowOutcome.Done : SlowOutcome.Exception;
        }

        var narrow = instruction.MemoryBase == Register.EBX;
        var address = (narrow ? (uint)registers.Rbx : registers.Rbx) + (byte)registers.Rax;
        address = narrow ? (uint)address : address;
        address += instruction.MemorySegment switch { Register.FS => registers.FsBase, Register.GS => registers.GsBase, _ => 0 };
        if (!GuestAccess.Read(vcpu, address, 1, out var value))
        {
            return SlowOutcome.Exception;
        }

        registers.Rax = (registers.Rax & ~0xFFUL) | value;
        return SlowOutcome.Done;
    }
}
