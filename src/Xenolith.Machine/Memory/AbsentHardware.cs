using Xenolith.Engine;
using Xenolith.Host;

namespace Xenolith.Machine.Memory;

/// <summary>
/// The one page of device registers that a guest may map: the power management of AMD's chipsets. Linux from 6.16 on reads the reason of the last reset
/// there on every Zen CPU, without asking whether it is on a machine of its own; real Xen refuses the mapping and such a kernel dies of a page fault
/// before user space. Here it reads all ones, as a PC's bus does where no device answers, which these kernels take for "nothing to tell".
/// <para>Thread ownership: made and disposed with the domain's memory.</para>
/// </summary>
internal sealed class AbsentHardware : IDisposable
{
    /// <summary>The frame, below 4 GiB and so never RAM.</summary>
    public const ulong Mfn = 0xfed80;

    private readonly HostMemory _pages;

    /// <summary>Adds the page to a domain's machine address space.</summary>
    public AbsentHardware(MachineFrames frames, FrameTable table)
    {
        // The registers, and behind them the word of flags that every frame has.
        _pages = HostMemory.CreatePrivate(2 * MachineFrames.PageSize);
        frames.Add(new MachineFrames.Window(Mfn, 1, _pages.Address, _pages.Address + MachineFrames.PageSize));
        Span<byte> ones = stackalloc byte[MachineFrames.PageSize];
        ones.Fill(0xff);
        frames.Write(Mfn, 0, ones);
        // The type count of one never falls: the page cannot become a table.
        Volatile.Write(ref table[Mfn], FrameState.Shared | FrameState.Validated | FrameState.Of(FrameType.Writable) | FrameState.OneType | FrameState.OneReference);
    }

    /// <inheritdoc/>
    public void Dispose() => _pages.Dispose();
}
