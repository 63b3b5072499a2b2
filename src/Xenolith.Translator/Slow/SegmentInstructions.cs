using Iced.Intel;
using Xenolith.Engine;

namespace Xenolith.Translator.Slow;

/// <summary>
/// Segment registers by mov, push, pop, lss, lfs and lgs. Null selectors, the flat data segment and a reload of the same flat selector are
/// done here; what needs the guest's descriptor tables goes to the machine.
/// </summary>
internal static class SegmentInstructions
{
    private const ushort XenFlatData = 0xE02B;

    /// <summary>Executes the instruction.</summary>
    public static SlowOutcome Execute(VcpuContext vcpu, in Instruction instruction)
    {
        ref var registers = ref vcpu.Registers;
        int size;
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Push:
                size = instruction.Code is Code.Pushw_FS or Code.Pushw_GS ? 2 : 8;
                return StackInstructions.Push(vcpu, size, Selector(ref registers, instruction.Op0Register));
            case Mnemonic.Pop:
                size = instruction.Code is Code.Popw_FS or Code.Popw_GS ? 2 : 8;
                if (!GuestAccess.Read(vcpu, registers.Rsp, size, out var popped, stack: true))
                {
                    return SlowOutcome.Exception;
                }

                var outcome = Load(vcpu, instruction.Op0Register, (ushort)popped);
                registers.Rsp += outcome == SlowOutcome.Done ? (ulong)size : 0;
                return outcome;
            case Mnemonic.Lss or Mnemonic.Lfs or Mnemonic.Lgs:
                return LoadPointer(vcpu, instruction);
            default:
                break;
        }

        if (instruction.Op0Kind == OpKind.Register && instruction.Op0Register.IsSegmentRegister())
        {
            return Operands.Read(vcpu, instruction, 1, 2, out var selector) ? Load(vcpu, instruction.Op0Register, (ushort)selector) : SlowOutcome.Exception;
        }

        return Operands.Write(vcpu, instruction, 0, 2, Selector(ref registers, instruction.Op1Register)) ? SlowOutcome.Done : SlowOutcome.Exception;
    }

    private static SlowOutcome LoadPointer(VcpuContext vcpu, in Instruction instruction)
    {
        var size = instruction.Op0Register.GetSize();
        var address = Operands.AddressOf(vcpu, instruction);
        var inStack = Operands.UsesStackSegment(instruction);
        if (!GuestAccess.Read(vcpu, address, size, out var offset, inStack)
            || !GuestAccess.Read(vcpu, address + (ulong)size, 2, out var selector, inStack))
        {
            return SlowOutcome.Exception;
        }

        var segment = instruction.Mnemonic switch { Mnemonic.Lss => Register.SS, Mnemonic.Lfs => Register.FS, _ => Register.GS };
        var outcome = Load(vcpu, segment, (ushort)selector);
        if (outcome == SlowOutcome.Done)
        {
            Operands.Write(ref vcpu.Registers, instruction.Op0Register, offset);
        }

        return outcome;
    }

    private static SlowOutcome Load(VcpuContext vcpu, Register segment, ushort selector)
    {
        ref var registers = ref vcpu.Registers;
        var isNull = (selector & 0xFFFC) == 0;
        if (segment == Register.CS)
        {
            return Exceptions.Raise(vcpu, Exceptions.InvalidOpcode, 0);
        }

        if (segment == Register.SS && (selector & 3) != 3)
        {
            return Exceptions.Raise(vcpu, Exceptions.GeneralProtection, selector & 0xFFFCu);
        }

        if (segment == Register.SS && isNull)
        {
            return Exceptions.Raise(vcpu, Exceptions.GeneralProtection, 0);
        }

        if (!isNull && selector != XenFlatData && (selector != registers.Ss || segment is Register.FS or Register.GS))
        {
            return SlowOutcome.Privileged;
        }

        switch (segment)
        {
            case Register.SS: registers.Ss = selector; break;
            case Register.DS: registers.Ds = selector; break;
            case Register.ES: registers.Es = selector; break;
            case Register.FS:
                registers.Fs = selector;
                registers.FsBase = 0;
                break;
            default:
                registers.Gs = selector;
                registers.GsBase = 0;
                break;
        }

        return SlowOutcome.Done;
    }

    private static ushort Selector(ref VcpuRegisters registers, Register segment) => segment switch
    {
        Register.ES => registers.Es,
        Register.CS => registers.Cs,
        Register.SS => registers.Ss,
        Register.DS => registers.Ds,
        Register.FS => registers.Fs,
        _ => registers.Gs,
    };
}
