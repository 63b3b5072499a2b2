using Iced.Intel;

namespace Xenolith.Translator.Slow;

/// <summary>
/// iret, far returns, far jumps and far calls that stay at CPL3, as Linux and NetBSD really run them. The flat 64-bit code segment and
/// the one in force are known to be good; any other selector is looked up by the machine, which owns the descriptor tables.
/// </summary>
internal static class FarBranches
{
    private const ushort XenFlatCode64 = 0xE033;
    private const ushort XenFlatStack = 0xE02B;

    /// <summary>Executes the branch.</summary>
    public static SlowOutcome Execute(VcpuContext vcpu, in Instruction instruction)
    {
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Iret:
                return InterruptReturn(vcpu, 2);
            case Mnemonic.Iretd:
                return InterruptReturn(vcpu, 4);
            case Mnemonic.Iretq:
                return InterruptReturn(vcpu, 8);
            case Mnemonic.Retf:
                var size = instruction.Code is Code.Retfw or Code.Retfw_imm16 ? 2 : instruction.Code is Code.Retfd or Code.Retfd_imm16 ? 4 : 8;
                return Return(vcpu, size, instruction.OpCount > 0 ? instruction.Immediate16 : 0UL);
            default:
                return Through(vcpu, instruction);
        }
    }

    private static SlowOutcome InterruptReturn(VcpuContext vcpu, int size)
    {
        const ulong nestedTask = 0x4000;
        ref var registers = ref vcpu.Registers;
        if ((registers.Rflags & nestedTask) != 0)
        {
            return Exceptions.Raise(vcpu, Exceptions.GeneralProtection, 0);
        }

        Span<ulong> frame = stackalloc ulong[5];
        for (var i = 0; i < frame.Length; i++)
        {
            if (!GuestAccess.Read(vcpu, registers.Rsp + (ulong)(i * size), size, out frame[i], stack: true))
            {
                return SlowOutcome.Exception;
            }
        }

        var code = (ushort)frame[1];
        var stack = (ushort)frame[4];
        if (BadCode(vcpu, code, out var outcome))
        {
            return outcome;
        }

        if ((stack & 3) != 3)
        {
            return Exceptions.Raise(vcpu, Exceptions.GeneralProtection, stack & 0xFFFCu);
        }

        if (stack != registers.Ss && stack != XenFlatStack)
        {
            return SlowOutcome.Privileged;
        }

        if (!IsCanonical(frame[0]))
        {
            return Exceptions.Raise(vcpu, Exceptions.GeneralProtection, 0);
        }

        registers.Rip = frame[0];
        registers.Cs = code;
        registers.Rflags = FlagInstructions.Merge(registers.Rflags, frame[2], size);
        registers.Rsp = size == 2 ? (registers.Rsp & ~0xFFFFUL) | frame[3] : frame[3];
        registers.Ss = stack;
        return SlowOutcome.Done;
    }

    private static SlowOutcome Return(VcpuContext vcpu, int size, ulong extra)
    {
        ref var registers = ref vcpu.Registers;
        if (!GuestAccess.Read(vcpu, registers.Rsp, size, out var target, stack: true)
            || !GuestAccess.Read(vcpu, registers.Rsp + (ulong)size, size, out var code, stack: true))
        {
            return SlowOutcome.Exception;
        }

        if (BadCode(vcpu, (ushort)code, out var outcome))
        {
            return outcome;
        }

        if (!IsCanonical(target))
        {
            return Exceptions.Raise(vcpu, Exceptions.GeneralProtection, 0);
        }

        registers.Rip = target;
        registers.Cs = (ushort)code;
        registers.Rsp += (ulong)(2 * size) + extra;
        return SlowOutcome.Done;
    }

    private static SlowOutcome Through(VcpuContext vcpu, in Instruction instruction)
    {
        if (instruction.Code is Code.Jmp_m1664 or Code.Call_m1664)
        {
            // What REX.W means here is the vendor's, which the machine knows.
            return SlowOutcome.Privileged;
        }

        ref var registers = ref vcpu.Registers;
        var size = instruction.Code is Code.Jmp_m1616 or Code.Call_m1616 ? 2 : 4;
        var address = Operands.AddressOf(vcpu, instruction);
        var inStack = Operands.UsesStackSegment(instruction);
        if (!GuestAccess.Read(vcpu, address, size, out var target, inStack)
            || !GuestAccess.Read(vcpu, address + (ulong)size, 2, out var code, inStack))
        {
            return SlowOutcome.Exception;
        }

        if (BadCode(vcpu, (ushort)code, out var outcome))
        {
            return outcome;
        }

        if (!IsCanonical(target))
        {
            return Exceptions.Raise(vcpu, Exceptions.GeneralProtection, 0);
        }

        if (instruction.Mnemonic == Mnemonic.Call)
        {
            Span<byte> frame = stackalloc byte[2 * size];
            frame.Clear();
            for (var i = 0; i < size; i++)
            {
                frame[i] = (byte)(instruction.NextIP >> (8 * i));
            }

            frame[size] = (byte)registers.Cs;
            frame[size + 1] = (byte)(registers.Cs >> 8);
            if (!GuestAccess.Write(vcpu, registers.Rsp - (ulong)frame.Length, frame, stack: true))
            {
                return SlowOutcome.Exception;
            }

            registers.Rsp -= (ulong)frame.Length;
        }

        registers.Rip = target;
        registers.Cs = (ushort)code;
        return SlowOutcome.Done;
    }

    private static bool BadCode(VcpuContext vcpu, ushort selector, out SlowOutcome outcome)
    {
        if ((selector & 3) != 3)
        {
            outcome = Exceptions.Raise(vcpu, Exceptions.GeneralProtection, selector & 0xFFFCu);
            return true;
        }

        outcome = SlowOutcome.Privileged;
        return selector != vcpu.Registers.Cs && selector != XenFlatCode64;
    }

    private static bool IsCanonical(ulong address) => (long)(address << 16) >> 16 == (long)address;
}
