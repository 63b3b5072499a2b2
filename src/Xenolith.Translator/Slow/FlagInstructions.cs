using Iced.Intel;

namespace Xenolith.Translator.Slow;

/// <summary>pushf and popf as CPL3 with IOPL 0 executes them: the interrupt flag and IOPL are shown but never changed.</summary>
internal static class FlagInstructions
{
    /// <summary>CF, PF, AF, ZF, SF, TF, DF, OF, NT, AC, ID: what popf and iret may change at CPL3.</summary>
    public const ulong Changeable = 0x0024_4DD5;

    /// <summary>What pushf stores: everything but VM and RF.</summary>
    private const ulong Shown = ~0x0003_0000UL;

    /// <summary>The flags after a load of a new value by popf (8 or 4 bytes wide, or 2) or iret.</summary>
    public static ulong Merge(ulong old, ulong loaded, int size)
    {
        var mask = size == 2 ? Changeable & 0xFFFF : Changeable;
        return (old & ~mask) | (loaded & mask);
    }

    /// <summary>Executes pushf, pushfq, popf or popfq.</summary>
    public static SlowOutcome Execute(VcpuContext vcpu, in Instruction instruction)
    {
        ref var registers = ref vcpu.Registers;
        var size = instruction.Mnemonic is Mnemonic.Pushf or Mnemonic.Popf ? 2 : 8;
        if (instruction.Mnemonic is Mnemonic.Pushf or Mnemonic.Pushfq)
        {
            return StackInstructions.Push(vcpu, size, registers.Rflags & Shown);
        }

        if (!GuestAccess.Read(vcpu, registers.Rsp, size, out var value, stack: true))
        {
            return SlowOutcome.Exception;
        }

        registers.Rsp += (ulong)size;
        registers.Rflags = Merge(registers.Rflags, value, size);
        return SlowOutcome.Done;
    }
}
