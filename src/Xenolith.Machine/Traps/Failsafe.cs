using System.Runtime.InteropServices;

namespace Xenolith.Machine.Traps;

/// <summary>
/// The failsafe callback: the kernel is entered as for an exception, with DS, ES, FS and GS below the usual frame; the registers that could not be
/// loaded are null.
/// </summary>
internal static class Failsafe
{
    private const ulong StackSpace = 32;

    public static void Enter(Vcpu vcpu)
    {
        ref var registers = ref vcpu.Registers;
        var callback = vcpu.FailsafeCallback;
        if (callback.Address == 0)
        {
            vcpu.Domain.Crash($"vcpu {vcpu.Id}: iret to bad selectors and no failsafe callback is registered");
            return;
        }

        var (rcx, r11) = (registers.Rcx, registers.R11);
        if (!BounceFrame.Enter(vcpu, callback.Address, callback.MaskEvents, null))
        {
            return;
        }

        // The frame is { RCX, R11, DS, ES, FS, GS, RIP, ... }: the four go between what the bounce has just pushed.
        Span<ulong> lower = [rcx, r11, registers.Ds, registers.Es, registers.Fs, registers.Gs];
        registers.Rsp -= StackSpace;
        if (!vcpu.TryWriteGuest(registers.Rsp, MemoryMarshal.AsBytes(lower)))
        {
            vcpu.Domain.Crash($"vcpu {vcpu.Id}: page fault at {vcpu.FaultAddress:x} while pushing the failsafe frame");
        }
    }
}
