using Xenolith.Engine;

namespace Xenolith.Machine;

/// <summary>
/// The page of the kernel stack that bounces and irets use again and again, so that they need no page walk. On the vCPU's thread.
/// A window holds while its root is loaded and no kernel-half entry of the domain's tables has changed since it was found
/// (<see cref="Mmu.PageTypes.KernelHalfChanges"/>); a frame that became a table, or holds translated code, is looked at anew each time.
/// </summary>
public sealed unsafe partial class Vcpu
{
    private const uint NotForWindows = (uint)(FrameFlags.PageTable | FrameFlags.ReadOnly | FrameFlags.Code);
    private ulong _windowPage = ulong.MaxValue, _windowRoot;
    private long _windowChanges;
    private byte* _windowHost;
    private uint* _windowFlags;

    /// <summary>
    /// Words of kernel memory that may be read and written directly; empty if they cannot (then the slow way finds out why). The kernel's
    /// address space must be in force.
    /// </summary>
    /// <param name="address">8-byte aligned.</param>
    /// <param name="count">How many words.</param>
    internal Span<ulong> StackWords(ulong address, int count)
    {
        var offset = (int)(address & (MachineFrames.PageSize - 1));
        if (offset + (count * sizeof(ulong)) > MachineFrames.PageSize || (offset & 7) != 0)
        {
            return default;
        }

        if (address >> 12 != _windowPage || KernelRootMfn != _windowRoot || Domain.Mmu.Types.KernelHalfChanges != _windowChanges)
        {
            if (!FindWindow(address))
            {
                return default;
            }
        }

        // SAFETY: the window is a live frame of the domain's memory, which stays mapped as long as the domain; the range was checked to end within the page.
        return (Volatile.Read(ref *_windowFlags) & NotForWindows) != 0 ? default : new Span<ulong>(_windowHost + offset, count);
    }

    private bool FindWindow(ulong address)
    {
        // Read before the walk: a change during it makes the window void at its next use.
        var changes = Domain.Mmu.Types.KernelHalfChanges;
        _windowPage = ulong.MaxValue;
        if (address < Abi.AddressSpace.HypervisorEnd || !TryTranslate(address & ~0xfffUL, WalkAccess.Write, out var host, out var mfn))
        {
            return false;
        }

        // SAFETY: TryTranslate succeeded, so the frame and its flag word exist.
        _windowHost = (byte*)host;
        _windowFlags = (uint*)Domain.Frames.FlagsAddressOf(mfn);
        (_windowPage, _windowRoot, _windowChanges) = (address >> 12, KernelRootMfn, changes);
        return true;
    }
}
