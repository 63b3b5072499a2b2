using Iced.Intel;
using Xenolith.Engine;

namespace Xenolith.Machine.Privileged;

/// <summary>mov to and from control and debug registers, and xsetbv, in the guest's kernel mode.</summary>
internal static class ControlRegisters
{
    /// <summary>PE, MP, ET, NE, WP, AM, PG: what Xen runs with, and a guest cannot change.</summary>
    private const ulong Cr0 = 0x8005_0033, TaskSwitched = 8;

    /// <summary>CR4 bits a guest chooses: TSD, DE, FSGSBASE, OSXSAVE.</summary>
    private const ulong Cr4Chosen = 0x4 | 0x8 | FsGsBase | OsXsave;

    /// <summary>CR4 bits that are shown as they are: PAE, MCE, OSFXSR, OSXMMEXCPT.</summary>
    private const ulong Cr4Shown = 0x20 | 0x40 | 0x200 | 0x400;

    private const ulong OsXsave = 1 << 18;

    /// <summary>CR4.FSGSBASE.</summary>
    public const ulong FsGsBase = 1 << 16;

    /// <summary>The first value of CR4.</summary>
    public const ulong InitialCr4 = Cr4Shown;

    /// <summary>What a write of CR4 comes to.</summary>
    public static ulong FixedCr4(ulong value) => (value & Cr4Chosen) | Cr4Shown;

    public static EmulationResult Move(Vcpu vcpu, in Instruction instruction)
    {
        if (instruction.Op0Register is >= Register.CR0 and <= Register.CR15)
        {
            return WriteControl(vcpu, instruction.Op0Register - Register.CR0, Get(ref vcpu.Registers, instruction.Op1Register));
        }

        if (instruction.Op1Register is >= Register.CR0 and <= Register.CR15)
        {
            if (!TryReadControl(vcpu, instruction.Op1Register - Register.CR0, out var value))
            {
                return EmulationResult.Refused;
            }

            Set(ref vcpu.Registers, instruction.Op0Register, value);
            return EmulationResult.Done;
        }

        if (instruction.Op0Register is >= Register.DR0 and <= Register.DR7)
        {
            return vcpu.TryWriteDebugRegister(instruction.Op0Register - Register.DR0, Get(ref vcpu.Registers, instruction.Op1Register), out _)
                ? EmulationResult.Done
                : EmulationResult.Refused;
        }

        if (instruction.Op1Register is >= Register.DR0 and <= Register.DR7
            && vcpu.TryReadDebugRegister(instruction.Op1Register - Register.DR0, out var debug))
        {
            Set(ref vcpu.Registers, instruction.Op0Register, debug);
            return EmulationResult.Done;
        }

        return EmulationResult.Refused;
    }

    /// <summary>XSETBV of XCR0: x87 always, AVX only with SSE, nothing that the machine does not offer.</summary>
    public static EmulationResult SetExtendedControl(Vcpu vcpu)
    {
        ref var registers = ref vcpu.Registers;
        if ((vcpu.GuestCr4 & OsXsave) == 0)
        {
            return EmulationResult.Undefined;
        }

        var value = (registers.Rdx << 32) | (uint)registers.Rax;
        if ((uint)registers.Rcx != 0 || (value & 1) == 0 || (value & ~vcpu.Domain.Cpuid.Xcr0Mask) != 0 || (value & 6) == 4)
        {
            return EmulationResult.Refused;
        }

        registers.Xcr0 = value;
        return EmulationResult.Done;
    }

    private static bool TryReadControl(Vcpu vcpu, int number, out ulong value)
    {
        value = number switch
        {
            0 => Cr0 | (vcpu.Registers.TaskSwitched != 0 ? TaskSwitched : 0),
            2 => vcpu.GuestCr2,
            3 => vcpu.KernelRootMfn << 12,
            4 => vcpu.GuestCr4,
            _ => 0,
        };
        return number is 0 or 2 or 3 or 4;
    }

    private static EmulationResult WriteControl(Vcpu vcpu, int number, ulong value)
    {
        switch (number)
        {
            case 0 when ((value ^ Cr0) & ~TaskSwitched) == 0:
                vcpu.Registers.TaskSwitched = (value & TaskSwitched) != 0 ? (byte)1 : (byte)0;
                return EmulationResult.Done;
            case 2:
                vcpu.GuestCr2 = value;
                vcpu.Cr2 = value;
                return EmulationResult.Done;
            case 3:
                return vcpu.TrySwitchRoot(value >> 12) ? EmulationResult.Done : EmulationResult.Refused;
            case 4:
                vcpu.SetControl4(value);
                return EmulationResult.Done;
            default:
                return EmulationResult.Refused;
        }
    }

    private static ulong Get(ref VcpuRegisters registers, Register register) => GeneralRegisters.Of(ref registers, register.GetNumber());

    private static void Set(ref VcpuRegisters registers, Register register, ulong value) => GeneralRegisters.Of(ref registers, register.GetNumber()) = value;
}
