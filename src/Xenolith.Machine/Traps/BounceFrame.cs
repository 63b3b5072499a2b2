using System.Runtime.InteropServices;
using Xenolith.Abi;

namespace Xenolith.Machine.Traps;

/// <summary>
/// Entering the guest's kernel: pushes { RCX, R11, [error code,] RIP, CS and upcall mask, RFLAGS, RSP, SS } onto its stack and sets the
/// registers, as Xen's create_bounce_frame does. On the vCPU's thread.
/// </summary>
internal static class BounceFrame
{
    private const ulong Iopl = 0x3000, InterruptFlag = 0x200;
    private const ulong ClearedOnEntry = 0x40000 | 0x20000 | 0x10000 | 0x4000 | 0x100;

    /// <summary>Xen's hole, where no guest stack may be.</summary>
    private const ulong XenStart = 0xffff_8000_0000_0000, XenEnd = 0xffff_8800_0000_0000;

    /// <summary>Calls the event callback, with events masked.</summary>
    public static void DeliverEvent(Vcpu vcpu)
        => Enter(vcpu, vcpu.EventCallback.Address, maskEvents: true, null);

    /// <summary>Enters the guest's kernel at an address.</summary>
    /// <param name="vcpu">Its RIP and RFLAGS are what the guest is to come back to.</param>
    /// <param name="address">Where to; 0 (nothing registered) crashes the domain.</param>
    /// <param name="maskEvents">Set the upcall mask once the old one is saved.</param>
    /// <param name="errorCode">Pushed if not null.</param>
    /// <returns>False if the domain crashed over it.</returns>
    public static bool Enter(Vcpu vcpu, ulong address, bool maskEvents, uint? errorCode)
    {
        ref var registers = ref vcpu.Registers;
        if (address == 0)
        {
            vcpu.Domain.Crash($"vcpu {vcpu.Id}: no handler registered for what happened at rip {registers.Rip:x}");
            return false;
        }

        var stack = registers.Rsp;
        ulong selector = registers.Cs;
        if (vcpu.InKernel)
        {
            selector &= ~3UL;
        }
        else
        {
            vcpu.ToggleMode();
            stack = vcpu.KernelRsp;
        }

        var mask = vcpu.UpcallMask;
        var flags = registers.Rflags & ~(Iopl | InterruptFlag);
        flags |= mask ? 0 : InterruptFlag;
        if (vcpu.Domain.ArchitecturalIopl)
        {
            flags |= (ulong)vcpu.Iopl << 12;
        }

        var length = errorCode is null ? 7 : 8;
        stack = (stack & ~0xfUL) - ((ulong)length * 8);
        if (stack + 64 >= XenStart && stack < XenEnd)
        {
            vcpu.Domain.Crash($"vcpu {vcpu.Id}: kernel stack {stack:x} lies in Xen's own address range");
            return false;
        }

        var direct = vcpu.StackWords(stack, length);
        Span<ulong> frame = direct.IsEmpty ? stackalloc ulong[length] : direct;
        frame[length - 5] = registers.Rip;
        frame[length - 4] = selector | (mask ? 1UL << 32 : 0);
        frame[length - 3] = flags;
        frame[length - 2] = registers.Rsp;
        frame[length - 1] = registers.Ss;
        frame[1] = registers.R11;
        frame[0] = registers.Rcx;
        if (errorCode is { } code)
        {
            frame[2] = code;
        }

        if (direct.IsEmpty && !vcpu.TryWriteGuest(stack, MemoryMarshal.AsBytes(frame)))
        {
            vcpu.Domain.Crash($"vcpu {vcpu.Id}: page fault (code {vcpu.FaultErrorCode:x}) at {vcpu.FaultAddress:x} while pushing onto the kernel stack, "
                + $"entering {address:x} from rip {registers.Rip:x}");
            return false;
        }

        if (maskEvents)
        {
            vcpu.UpcallMask = true;
        }

        registers.Rflags = (registers.Rflags & ~ClearedOnEntry) | InterruptFlag;
        registers.Cs = SegmentSelector.FlatCode64;
        registers.Ss = SegmentSelector.FlatData;
        registers.Rsp = stack;
        registers.Rip = address;
        registers.Compatibility = 0;
        // Xen comes back with SYSRET.
        registers.Rcx = address;
        registers.R11 = registers.Rflags;
        return true;
    }
}
