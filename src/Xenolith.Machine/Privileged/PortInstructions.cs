using Iced.Intel;

namespace Xenolith.Machine.Privileged;

/// <summary>
/// in and out. A domU has no ports: where its I/O privilege level lets it try, reads return all ones and writes go nowhere, as on Xen; elsewhere #GP.
/// </summary>
internal static class PortInstructions
{
    /// <summary>True if the current mode may use port instructions, cli and sti. The kernel counts as ring 1, or as ring 0 with architectural_iopl.</summary>
    public static bool IsAllowed(Vcpu vcpu)
    {
        var privilege = !vcpu.InKernel ? 3 : vcpu.Domain.ArchitecturalIopl ? 0 : 1;
        return vcpu.Iopl >= privilege;
    }

    public static EmulationResult Execute(Vcpu vcpu, in Instruction instruction)
    {
        if (!IsAllowed(vcpu))
        {
            return EmulationResult.Refused;
        }

        if (instruction.Mnemonic == Mnemonic.In)
        {
            ref var registers = ref vcpu.Registers;
            var port = instruction.Op1Kind == OpKind.Register ? (ushort)registers.Rdx : instruction.Immediate8;
            registers.Rax = instruction.Op0Register switch
            {
                // A kernel that measures its clock by the interval timer gives up at once on a counter that stands at 0, and turns to pvclock.
                Register.AL when port is >= 0x40 and <= 0x42 => registers.Rax & ~0xffUL,
                Register.AL => registers.Rax | 0xff,
                Register.AX => registers.Rax | 0xffff,
                _ => 0xffff_ffff,
            };
        }

        return EmulationResult.Done;
    }
}
