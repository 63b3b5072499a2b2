using Xenolith.Abi;

namespace Xenolith.Machine.Traps;

/// <summary>SYSCALL and SYSENTER from the guest's user mode: straight to the registered callbacks.</summary>
internal static class SyscallTraps
{
    private const ulong DirectionFlag = 0x400;

    /// <summary>The engine is behind the instruction. Without a callback it is #UD at the instruction.</summary>
    public static void Syscall(Vcpu vcpu)
    {
        ref var registers = ref vcpu.Registers;
        var callback = registers.Compatibility != 0 ? vcpu.Syscall32Callback : vcpu.SyscallCallback;
        // As SYSCALL leaves them: RIP and RFLAGS are lost in RCX and R11, the selectors are the flat ones.
        registers.Rcx = registers.Rip;
        registers.R11 = registers.Rflags;
        if (callback.Address == 0)
        {
            registers.Rip -= 2;
            Exceptions.Inject(vcpu, Exceptions.InvalidOpcode, null);
            return;
        }

        if (registers.Compatibility == 0)
        {
            registers.Cs = SegmentSelector.FlatCode64;
        }
        else
        {
            registers.Cs = SegmentSelector.FlatCode32;
        }

        registers.Ss = SegmentSelector.FlatData;
        if (BounceFrame.Enter(vcpu, callback.Address, callback.MaskEvents, null))
        {
            registers.Rflags &= ~DirectionFlag;
        }
    }

    /// <summary>SYSENTER loses RIP and RSP; the guest finds 0 there. Without a callback it is #GP.</summary>
    public static void Sysenter(Vcpu vcpu)
    {
        ref var registers = ref vcpu.Registers;
        var callback = vcpu.SysenterCallback;
        registers.Rip = 0;
        registers.Rsp = 0;
        registers.Cs = 3;
        registers.Ss = SegmentSelector.FlatData;
        if (callback.Address == 0)
        {
            Exceptions.Inject(vcpu, Exceptions.GeneralProtection, 0);
            return;
        }

        BounceFrame.Enter(vcpu, callback.Address, callback.MaskEvents, null);
    }
}
