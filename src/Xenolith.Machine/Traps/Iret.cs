using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Xenolith.Abi;
using Xenolith.Engine;
using Xenolith.Machine.Hypercalls;

namespace Xenolith.Machine.Traps;

/// <summary>The iret hypercall: back from a trap, to user or to kernel mode, with the upcall mask taken from the frame's IF.</summary>
internal static class Iret
{
    private const int FrameWords = 9;
    private const ulong InterruptFlag = 0x200, IoplMask = 0x3000;

    /// <summary>CF, PF, AF, ZF, SF, TF, DF, OF, NT, RF, AC, ID; IF and the reserved bit 1 are always set.</summary>
    private const ulong RestoredFlags = 0x0025_4dd5;

    public static long Call(Vcpu vcpu, in HypercallArguments arguments)
    {
        ref var registers = ref vcpu.Registers;
        Unsafe.SkipInit(out IretFrame frame);
        var direct = vcpu.StackWords(registers.Rsp, FrameWords);
        if (!direct.IsEmpty)
        {
            frame = MemoryMarshal.Read<IretFrame>(MemoryMarshal.AsBytes(direct));
        }
        else if (!vcpu.TryReadGuest(registers.Rsp, out frame))
        {
            vcpu.Domain.Crash($"vcpu {vcpu.Id}: page fault at {vcpu.FaultAddress:x} while reading the iret frame");
            return 0;
        }

        if ((frame.Cs & 3) == 3)
        {
            if (vcpu.UserRootMfn == 0)
            {
                vcpu.Domain.Crash($"vcpu {vcpu.Id}: iret to user mode without user page tables");
                return 0;
            }

            vcpu.ToggleMode();
        }

        if (vcpu.Domain.ArchitecturalIopl)
        {
            vcpu.Iopl = (int)((frame.Rflags & IoplMask) >> 12);
        }

        registers.Rip = frame.Rip;
        registers.Cs = (ushort)(frame.Cs | 3);
        registers.Ss = (ushort)(frame.Ss | 3);
        registers.Rflags = (frame.Rflags & RestoredFlags) | InterruptFlag | 2;
        registers.Rsp = frame.Rsp;
        if ((frame.Flags & IretFrame.InSyscall) != 0)
        {
            registers.Rcx = registers.Rip;
            registers.R11 = registers.Rflags;
        }
        else
        {
            registers.Rcx = frame.Rcx;
            registers.R11 = frame.R11;
        }

        vcpu.UpcallMask = (frame.Rflags & InterruptFlag) == 0;
        vcpu.NmiMasked = false;
        SegmentLoads.CheckReturn(vcpu, ref registers);
        return (long)frame.Rax;
    }
}
