using Xenolith.Abi;
using Xenolith.Machine.Privileged;

namespace Xenolith.Machine.Traps;

/// <summary>Exceptions and software interrupts: which go to the guest, through its trap table, and which the machine deals with itself.</summary>
internal static class Exceptions
{
    public const int DivideError = 0, Debug = 1, Nmi = 2, Breakpoint = 3, Overflow = 4, InvalidOpcode = 6, DeviceNotAvailable = 7;
    public const int DoubleFault = 8, InvalidTss = 10, SegmentNotPresent = 11, StackFault = 12, GeneralProtection = 13, PageFault = 14;
    public const int FloatingPoint = 16, AlignmentCheck = 17, MachineCheck = 18, SimdException = 19;

    private const uint WithErrorCode = (1 << DoubleFault) | (1 << InvalidTss) | (1 << SegmentNotPresent) | (1 << StackFault)
        | (1 << GeneralProtection) | (1 << PageFault) | (1 << AlignmentCheck) | (1 << 21);

    /// <summary>The engine met an exception.</summary>
    public static void FromEngine(Vcpu vcpu)
    {
        ref var registers = ref vcpu.Registers;
        var vector = (int)registers.ExitVector;
        switch (vector)
        {
            case PageFault:
                var (address, code) = (registers.ExitAddress, registers.ExitErrorCode);
                if (vcpu.Domain.PageFaultFixup is { } fixup && fixup(vcpu, address, code))
                {
                    return;
                }

                InjectPageFault(vcpu, address, code);
                return;
            case InvalidOpcode when ForcedEmulation.TryEmulate(vcpu):
                return;
            case DeviceNotAvailable:
                // As on Xen: only the guest itself sets TS, and finds it clear in its handler.
                registers.TaskSwitched = 0;
                break;
            case Debug:
                vcpu.MergeDebugStatus(registers.ExitDebugStatus);
                break;
        }

        Inject(vcpu, vector, HasErrorCode(vector) ? registers.ExitErrorCode : null);
    }

    /// <summary>
    /// <c>int n</c>: the guest's gate if it registered one that this mode may call, else #GP with the vector in its error code. The kernel's
    /// privilege counts as 1, as on Xen.
    /// </summary>
    public static void SoftwareInterrupt(Vcpu vcpu)
    {
        ref var registers = ref vcpu.Registers;
        var vector = (int)registers.ExitVector & 255;
        ref var trap = ref vcpu.TrapTable[vector];
        var privilege = vcpu.InKernel ? 1 : 3;
        if (trap.Address == 0 || trap.PrivilegeLevel < privilege)
        {
            Inject(vcpu, GeneralProtection, ((uint)vector << 3) | 2);
            return;
        }

        registers.Rip += registers.ExitInstructionLength;
        BounceFrame.Enter(vcpu, trap.Address, trap.MasksEvents, null);
    }

    /// <summary>Gives the guest a #PF: CR2 in vcpu_info, the U bit by the mode.</summary>
    public static void InjectPageFault(Vcpu vcpu, ulong address, uint errorCode)
    {
        vcpu.Cr2 = address;
        vcpu.GuestCr2 = address;
        errorCode = (errorCode & ~4u) | (vcpu.InKernel ? 0u : 4u);
        Inject(vcpu, PageFault, errorCode);
    }

    /// <summary>Gives the guest an exception at its current RIP; without a handler the domain crashes, naming it.</summary>
    public static void Inject(Vcpu vcpu, int vector, uint? errorCode)
    {
        ref var trap = ref vcpu.TrapTable[vector];
        if (trap.Address == 0)
        {
            vcpu.Domain.Crash($"vcpu {vcpu.Id}: exception {Name(vector)} (error code {errorCode ?? 0:x}) at rip {vcpu.Registers.Rip:x} "
                + (vector == PageFault ? $"for address {vcpu.GuestCr2:x} " : string.Empty) + "and the guest has registered no handler for it");
            return;
        }

        BounceFrame.Enter(vcpu, trap.Address, trap.MasksEvents, errorCode);
    }

    /// <summary>True for the vectors that push an error code.</summary>
    public static bool HasErrorCode(int vector) => vector < 32 && (WithErrorCode & (1u << vector)) != 0;

    private static string Name(int vector) => vector switch
    {
        DivideError => "#DE",
        Debug => "#DB",
        Nmi => "NMI",
        Breakpoint => "#BP",
        Overflow => "#OF",
        5 => "#BR",
        InvalidOpcode => "#UD",
        DeviceNotAvailable => "#NM",
        DoubleFault => "#DF",
        InvalidTss => "#TS",
        SegmentNotPresent => "#NP",
        StackFault => "#SS",
        GeneralProtection => "#GP",
        PageFault => "#PF",
        FloatingPoint => "#MF",
        AlignmentCheck => "#AC",
        MachineCheck => "#MC",
        SimdException => "#XM",
        _ => $"vector {vector}",
    };
}
