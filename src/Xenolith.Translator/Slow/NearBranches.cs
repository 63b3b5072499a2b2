using Iced.Intel;

namespace Xenolith.Translator.Slow;

/// <summary>
/// Near jumps, calls and returns whose operand or stack cannot be reached on the emitted path. Conditional jumps and loops are here too, so that
/// any instruction can be executed alone.
/// </summary>
internal static class NearBranches
{
    /// <summary>Executes the branch: RIP becomes its target, or the next instruction's address.</summary>
    public static SlowOutcome Execute(VcpuContext vcpu, in Instruction instruction)
    {
        ref var registers = ref vcpu.Registers;
        ulong target;
        switch (instruction.FlowControl)
        {
            case FlowControl.UnconditionalBranch:
                return Go(vcpu, instruction.NearBranchTarget);
            case FlowControl.ConditionalBranch:
                return Go(vcpu, Taken(vcpu, instruction) ? instruction.NearBranchTarget : instruction.NextIP);
            case FlowControl.IndirectBranch:
                return Operands.Read(vcpu, instruction, 0, 8, out target) ? Go(vcpu, target) : SlowOutcome.Exception;
            case FlowControl.Call or FlowControl.IndirectCall:
                target = instruction.FlowControl == FlowControl.Call ? instruction.NearBranchTarget : 0;
                if (target == 0 && instruction.FlowControl == FlowControl.IndirectCall && !Operands.Read(vcpu, instruction, 0, 8, out target))
                {
                    return SlowOutcome.Exception;
                }

                return IsCanonical(target) && StackInstructions.Push(vcpu, 8, instruction.NextIP) != SlowOutcome.Done ? SlowOutcome.Exception : Go(vcpu, target);
            case FlowControl.Return:
                if (!GuestAccess.Read(vcpu, registers.Rsp, 8, out target, stack: true))
                {
                    return SlowOutcome.Exception;
                }

                if (IsCanonical(target))
                {
                    registers.Rsp += 8 + (instruction.OpCount > 0 ? instruction.Immediate16 : 0UL);
                }

                return Go(vcpu, target);
            default:
                return SlowOutcome.Failed;
        }
    }

    private static bool IsCanonical(ulong address) => (long)(address << 16) >> 16 == (long)address;

    private static SlowOutcome Go(VcpuContext vcpu, ulong target)
    {
        if (!IsCanonical(target))
        {
            return Exceptions.Raise(vcpu, Exceptions.GeneralProtection, 0);
        }

        vcpu.Registers.Rip = target;
        return SlowOutcome.Done;
    }

    private static bool Taken(VcpuContext vcpu, in Instruction instruction)
    {
        ref var registers = ref vcpu.Registers;
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Jrcxz:
                return registers.Rcx == 0;
            case Mnemonic.Jecxz:
                return (uint)registers.Rcx == 0;
            case Mnemonic.Loop or Mnemonic.Loope or Mnemonic.Loopne:
                var narrow = instruction.Code is Code.Loop_rel8_64_ECX or Code.Loope_rel8_64_ECX or Code.Loopne_rel8_64_ECX;
                var count = narrow ? (uint)(registers.Rcx - 1) : registers.Rcx - 1;
                registers.Rcx = count;
                var zero = (registers.Rflags & Condition.Zero) != 0;
                return count != 0 && instruction.Mnemonic switch { Mnemonic.Loope => zero, Mnemonic.Loopne => !zero, _ => true };
            default:
                return Condition.Holds(instruction.ConditionCode, registers.Rflags);
        }
    }
}
