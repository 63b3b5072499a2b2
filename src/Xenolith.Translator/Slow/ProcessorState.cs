using Iced.Intel;

namespace Xenolith.Translator.Slow;

/// <summary>FS and GS bases, the processor number, and XGETBV: state that the vCPU's registers hold.</summary>
internal static class ProcessorState
{
    /// <summary>Executes the instruction.</summary>
    public static SlowOutcome Execute(VcpuContext vcpu, in Instruction instruction)
    {
        ref var registers = ref vcpu.Registers;
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Rdfsbase or Mnemonic.Rdgsbase or Mnemonic.Wrfsbase or Mnemonic.Wrgsbase when registers.BasesRefused != 0:
                return Exceptions.Raise(vcpu, Exceptions.InvalidOpcode, 0);
            case Mnemonic.Rdfsbase:
                Operands.Write(ref registers, instruction.Op0Register, registers.FsBase);
                return SlowOutcome.Done;
            case Mnemonic.Rdgsbase:
                Operands.Write(ref registers, instruction.Op0Register, registers.GsBase);
                return SlowOutcome.Done;
            case Mnemonic.Wrfsbase or Mnemonic.Wrgsbase:
                var @base = Operands.Read(ref registers, instruction.Op0Register);
                if ((long)(@base << 16) >> 16 != (long)@base)
                {
                    return Exceptions.Raise(vcpu, Exceptions.GeneralProtection, 0);
                }

                if (instruction.Mnemonic == Mnemonic.Wrfsbase)
                {
                    registers.FsBase = @base;
                }
                else
                {
                    registers.GsBase = @base;
                }

                return SlowOutcome.Done;
            case Mnemonic.Rdpid:
                Operands.Write(ref registers, instruction.Op0Register, registers.TscAux);
                return SlowOutcome.Done;
            case Mnemonic.Rdtscp:
                var outcome = NativeInstruction.Run(vcpu, [0x0F, 0x31]);
                if (outcome == SlowOutcome.Done)
                {
                    registers.Rcx = (uint)registers.TscAux;
                }

                return outcome;
            default:
                // XCR0, or the components in use: "all that are enabled" is always a right answer for the latter.
                if ((uint)registers.Rcx > 1)
                {
                    return Exceptions.Raise(vcpu, Exceptions.GeneralProtection, 0);
                }

                registers.Rax = (uint)registers.Xcr0;
                registers.Rdx = registers.Xcr0 >> 32;
                return SlowOutcome.Done;
        }
    }
}
