using Iced.Intel;
using Xenolith.Translator.Decode;

namespace Xenolith.Translator.Slow;

/// <summary>
/// Executes one guest instruction in C#: what has no emitter, and any instruction whose memory operand crosses a page or is written into
/// a page that holds translated code. On the vCPU's own thread; the guest's general registers and flags stand in the vCPU's registers, its
/// vector registers in memory, its x87 state still in the processor.
/// </summary>
internal static class SlowInstructions
{
    /// <summary>Executes the instruction at RIP.</summary>
    /// <param name="vcpu">The vCPU; RIP is the instruction.</param>
    /// <param name="instruction">The decoded instruction, with its IP set.</param>
    /// <param name="bytes">Its bytes.</param>
    public static SlowOutcome Execute(VcpuContext vcpu, in Instruction instruction, ReadOnlySpan<byte> bytes)
    {
        var facts = InstructionTable.Of(instruction);
        if (facts.Class == InstructionClass.Undefined)
        {
            return Exceptions.Raise(vcpu, Exceptions.InvalidOpcode, 0);
        }

        if (vcpu.Registers.TaskSwitched != 0 && facts.Has(InstructionTraits.X87 | InstructionTraits.Vector))
        {
            return Exceptions.Raise(vcpu, Exceptions.DeviceNotAvailable, 0);
        }

        var outcome = facts.Class switch
        {
            InstructionClass.String => StringInstructions.Execute(vcpu, instruction),
            InstructionClass.Stack => StackInstructions.Execute(vcpu, instruction),
            InstructionClass.ControlFlow => NearBranches.Execute(vcpu, instruction),
            InstructionClass.Slow => ExecuteSlow(vcpu, instruction, bytes),
            InstructionClass.Copy when facts.Has(InstructionTraits.BitString) => BitStrings.Execute(vcpu, instruction, facts),
            InstructionClass.Copy when facts.Has(InstructionTraits.MaskedMemory) => MaskedMoves.Execute(vcpu, instruction, bytes, facts),
            InstructionClass.Copy => NativeInstruction.Execute(vcpu, instruction, bytes, facts),
            _ => SlowOutcome.Privileged,
        };

        if (outcome == SlowOutcome.Done && !Branches(facts.Class, instruction))
        {
            vcpu.Registers.Rip = instruction.NextIP;
        }

        return outcome;
    }

    private static bool Branches(InstructionClass @class, in Instruction instruction) =>
        @class == InstructionClass.ControlFlow
        || instruction.Mnemonic is Mnemonic.Iret or Mnemonic.Iretd or Mnemonic.Iretq or Mnemonic.Retf or Mnemonic.Jmp or Mnemonic.Call;

    private static SlowOutcome ExecuteSlow(VcpuContext vcpu, in Instruction instruction, ReadOnlySpan<byte> bytes)
    {
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Pushf or Mnemonic.Pushfq or Mnemonic.Popf or Mnemonic.Popfq:
                return FlagInstructions.Execute(vcpu, instruction);
            case Mnemonic.Iret or Mnemonic.Iretd or Mnemonic.Iretq or Mnemonic.Retf or Mnemonic.Jmp or Mnemonic.Call:
                return FarBranches.Execute(vcpu, instruction);
            case Mnemonic.Mov or Mnemonic.Push or Mnemonic.Pop or Mnemonic.Lss or Mnemonic.Lfs or Mnemonic.Lgs:
                return SegmentInstructions.Execute(vcpu, instruction);
            case Mnemonic.Rdfsbase or Mnemonic.Rdgsbase or Mnemonic.Wrfsbase or Mnemonic.Wrgsbase or Mnemonic.Rdpid or Mnemonic.Rdtscp or Mnemonic.Xgetbv:
                return ProcessorState.Execute(vcpu, instruction);
            case Mnemonic.Sgdt or Mnemonic.Sidt or Mnemonic.Sldt or Mnemonic.Str or Mnemonic.Smsw:
                return DescriptorTables.Execute(vcpu, instruction);
            case Mnemonic.Enter:
                return StackInstructions.Enter(vcpu, instruction);
            case Mnemonic.Xlatb or Mnemonic.Clzero:
                return ImplicitMemory.Execute(vcpu, instruction);
            case Mnemonic.Maskmovq or Mnemonic.Maskmovdqu or Mnemonic.Vmaskmovdqu:
                return MaskedMoves.StoreBytes(vcpu, instruction, bytes);
            case Mnemonic.Vgatherdpd or Mnemonic.Vgatherdps or Mnemonic.Vgatherqpd or Mnemonic.Vgatherqps
                or Mnemonic.Vpgatherdd or Mnemonic.Vpgatherdq or Mnemonic.Vpgatherqd or Mnemonic.Vpgatherqq:
                return Gathers.Execute(vcpu, instruction);
            default:
                return ExtendedState.Execute(vcpu, instruction, bytes);
        }
    }
}
