using Xenolith.Translator.Cache;
using Xenolith.Translator.Fault;

namespace Xenolith.Translator;

/// <summary>CR3 loads, and counters.</summary>
internal sealed unsafe partial class VcpuContext
{
    private const int FirstGuestSlot = 272, Slots = 512;
    private readonly ulong[] _kernelSlots = new ulong[Slots - FirstGuestSlot];
    private readonly long[] _exits = new long[16];
    private long _slowInstructions;
    private long _polls;

    /// <summary>
    /// Loads roots and flushes as the architecture says (design 4.2 rule 1): all of user mode, of kernel mode the low half, and its high half too
    /// unless the root's kernel slots are what they were.
    /// </summary>
    public void LoadRoots(ulong kernelRoot, ulong userRoot)
    {
        Kernel.Root = kernelRoot;
        User.Root = userRoot;
        if (SameKernelSlots(kernelRoot))
        {
            Kernel.Flush(lowHalfOnly: true);
        }
        else
        {
            // Another kernel half: what was kept on the strength of the old one goes, here and in the direct jumps between its pages.
            Kernel.Flush(lowHalfOnly: false);
            Kernel.FlushHash();
            _engine.UnlinkAll();
        }

        User.Flush(lowHalfOnly: false);
    }

    private bool SameKernelSlots(ulong root)
    {
        var page = _engine.Frames.PageOf(root);
        if (page == 0)
        {
            return false;
        }

        // SAFETY: the root's page has 512 entries. Accessed and dirty bits may differ between equal tables.
        var slots = new ReadOnlySpan<ulong>((ulong*)page + FirstGuestSlot, Slots - FirstGuestSlot);
        if (slots.SequenceEqual(_kernelSlots))
        {
            return true;
        }

        var same = true;
        for (var i = 0; i < slots.Length; i++)
        {
            same &= ((slots[i] ^ _kernelSlots[i]) & ~0x60UL) == 0;
        }

        slots.CopyTo(_kernelSlots);
        return same;
    }

    private void Count(Fault.ExitKind kind) => _exits[(int)kind & 15]++;

    /// <summary>Exits of a kind.</summary>
    public long Exits(ExitKind kind) => _exits[(int)kind & 15];

    /// <summary>Instructions executed in C#.</summary>
    public long SlowCount => _slowInstructions;

    /// <summary>Kicks and requests that arrived in emitted code.</summary>
    public long Polls => _polls;
}
