using Iced.Intel;

namespace Xenolith.Translator.Slow;

/// <summary>push, pop, leave and enter for stacks that cross pages or stand in pages with code, and for memory operands that do.</summary>
internal static class StackInstructions
{
    /// <summary>Pushes the low <paramref name="size"/> bytes of a value.</summary>
    public static SlowOutcome Push(VcpuContext vcpu, int size, ulong value)
    {
        ref var registers = ref vcpu.Registers;
        var top = registers.Rsp - (ulong)size;
        if (!GuestAccess.Write(vcpu, top, size, value, stack: true))
        {
            return SlowOutcome.Exception;
        }

        registers.Rsp = top;
        return SlowOutcome.Done;
    }

    /// <summary>Executes push, pop or leave.</summary>
    public static SlowOutcome Execute(VcpuContext vcpu, in Instruction instruction)
    {
        ref var registers = ref vcpu.Registers;
        var size = instruction.StackPointerIncrement is 2 or -2 ? 2 : 8;
        ulong value;
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Push:
                return Operands.Read(vcpu, instruction, 0, size, out value) ? Push(vcpu, size, value) : SlowOutcome.Exception;
            case Mnemonic.Pop:
                return Pop(vcpu, instruction, size);
            default:
                size = instruction.Code == Code.Leavew ? 2 : 8;
                if (!GuestAccess.Read(vcpu, registers.Rbp, size, out value, stack: true))
                {
                    return SlowOutcome.Exception;
                }

                registers.Rsp = registers.Rbp + (ulong)size;
                registers.Rbp = size == 2 ? (registers.Rbp & ~0xFFFFUL) | value : value;
                return SlowOutcome.Done;
        }
    }

    /// <summary>Executes enter with any nesting level.</summary>
    public static SlowOutcome Enter(VcpuContext vcpu, in Instruction instruction)
    {
        ref var registers = ref vcpu.Registers;
        var size = instruction.Code == Code.Enterw_imm16_imm8 ? 2 : 8;
        var level = instruction.Immediate8_2nd & 31;
        var before = registers.Rsp;
        var frame = registers.Rsp - (ulong)size;
        if (Push(vcpu, size, registers.Rbp) != SlowOutcome.Done)
        {
            return SlowOutcome.Exception;
        }

        var outer = registers.Rbp;
        for (var i = 1; i <= level; i++)
        {
            var link = frame;
            if (i < level)
            {
                outer -= (ulong)size;
                if (!GuestAccess.Read(vcpu, outer, size, out link, stack: true))
                {
                    registers.Rsp = before;
                    return SlowOutcome.Exception;
                }
            }

            if (Push(vcpu, size, link) != SlowOutcome.Done)
            {
                registers.Rsp = before;
                return SlowOutcome.Exception;
            }
        }

        var top = registers.Rsp - instruction.Immediate16;
        registers.Rsp = before;

        // The CPU checks the new top of the stack for writing before it commits the registers.
        if (!GuestAccess.Probe(vcpu, top, size, Engine.WalkAccess.Write, stack: true))
        {
            return SlowOutcome.Exception;
        }

        registers.Rsp = top;
        registers.Rbp = size == 2 ? (registers.Rbp & ~0xFFFFUL) | (frame & 0xFFFF) : frame;
        return SlowOutcome.Done;
    }

    private static SlowOutcome Pop(VcpuContext vcpu, in Instruction instruction, int size)
    {
        ref var registers = ref vcpu.Registers;
        if (!GuestAccess.Read(vcpu, registers.Rsp, size, out var value, stack: true))
        {
            return SlowOutcome.Exception;
        }

        // An operand that is based on RSP is computed with the increased value; a popped RSP replaces it.
        registers.Rsp += (ulong)size;
        if (Operands.Write(vcpu, instruction, 0, size, value))
        {
            return SlowOutcome.Done;
        }

        registers.Rsp -= (ulong)size;
        return SlowOutcome.Exception;
    }
}
