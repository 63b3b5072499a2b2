using Iced.Intel;
using Xenolith.Machine.Traps;

namespace Xenolith.Machine.Privileged;

/// <summary>
/// Instructions that a real CPU refuses at CPL3, or that Xen intercepts: those that Xen emulates for PV guests are emulated, the others are #GP.
/// On the vCPU's thread.
/// </summary>
internal static class PrivilegedInstructions
{
    /// <summary>Emulates the instruction at RIP, or injects the exception that Xen would.</summary>
    public static void Emulate(Vcpu vcpu)
    {
        ref var registers = ref vcpu.Registers;
        var bytes = vcpu.InstructionBuffer;
        var length = vcpu.FetchInstruction(registers.Rip, bytes);
        if (length == 0)
        {
            Exceptions.InjectPageFault(vcpu, vcpu.FaultAddress, vcpu.FaultErrorCode);
            return;
        }

        var instruction = vcpu.InstructionDecoder.Decode(registers.Rip, length, registers.Compatibility == 0);
        switch (Execute(vcpu, in instruction))
        {
            case EmulationResult.Done:
                registers.Rip += (ulong)instruction.Length;
                break;
            case EmulationResult.Undefined:
                Exceptions.Inject(vcpu, Exceptions.InvalidOpcode, null);
                break;
            case EmulationResult.Refused:
                Exceptions.Inject(vcpu, Exceptions.GeneralProtection, 0);
                break;
            default:
                break;
        }
    }

    /// <summary>CPUID with the vCPU's registers.</summary>
    public static void Cpuid(Vcpu vcpu, bool forced)
    {
        ref var registers = ref vcpu.Registers;
        var leaf = vcpu.Domain.Cpuid.Read((uint)registers.Rax, (uint)registers.Rcx, registers.Xcr0, vcpu.GuestCr4, forced && vcpu.InKernel);
        (registers.Rax, registers.Rbx, registers.Rcx, registers.Rdx) = (leaf.Eax, leaf.Ebx, leaf.Ecx, leaf.Edx);
    }

    private static EmulationResult Execute(Vcpu vcpu, in Instruction instruction)
    {
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Cpuid:
                Cpuid(vcpu, forced: false);
                return EmulationResult.Done;
            case Mnemonic.In or Mnemonic.Out:
                return PortInstructions.Execute(vcpu, in instruction);
            case Mnemonic.Cli or Mnemonic.Sti:
                // As Xen: allowed where the I/O privilege level allows it, and without effect.
                return PortInstructions.IsAllowed(vcpu) ? EmulationResult.Done : EmulationResult.Refused;
        }

        if (SegmentInstructions.Handles(in instruction))
        {
            return SegmentInstructions.Execute(vcpu, in instruction);
        }

        if (!vcpu.InKernel)
        {
            return EmulationResult.Refused;
        }

        switch (instruction.Mnemonic)
        {
            case Mnemonic.Rdmsr:
                return ModelSpecificRegisters.ReadInstruction(vcpu);
            case Mnemonic.Wrmsr:
                return ModelSpecificRegisters.WriteInstruction(vcpu);
            case Mnemonic.Mov:
                return ControlRegisters.Move(vcpu, in instruction);
            case Mnemonic.Clts:
                vcpu.Registers.TaskSwitched = 0;
                return EmulationResult.Done;
            case Mnemonic.Wbinvd or Mnemonic.Wbnoinvd:
                return EmulationResult.Done;
            case Mnemonic.Xsetbv:
                return ControlRegisters.SetExtendedControl(vcpu);
            default:
                return EmulationResult.Refused;
        }
    }
}
