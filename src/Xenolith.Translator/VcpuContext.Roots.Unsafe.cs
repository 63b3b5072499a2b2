using Xenolith.Translator.Cache;
using Xenolith.Translator.Fault;

namespace Xenolith.Translator;

/// <summary>CR3 loads, and counters.</summary>
internal sealed unsafe partial class VcpuContext
{
    private const int FirstGuestSlot = 272, Slots = 512;
    private readonly ulong[] _kernelSlots = new ulong[Slots - FirstGuestSlot];
    private readonly long[] _exits = new long[16];
    private volatile bool _slotsForgotten;
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
            _engine.KernelHalfLoaded(this);
        }

        // User mode's root may have kernel slots of its own.
        User.Flush(lowHalfOnly: false);
        User.FlushHash();
    }

    /// <summary>True if this vCPU has loaded a root, and one whose kernel slots are not those of another vCPU's. Under the translation lock.</summary>
    public bool HasOtherKernelHalf(VcpuContext other) => Kernel.Root != 0 && !Same(_kernelSlots, other._kernelSlots);

    /// <summary>A kernel slot changed: the next root counts as another kernel half. Any thread, under the translation lock.</summary>
    public void ForgetKernelSlots() => _slotsForgotten = true;

    private bool SameKernelSlots(ulong root)
    {
        var page = _engine.Frames.PageOf(root);
        if (page == 0)
        {
            return false;
        }

        // SAFETY: the root's page has 512 entries. Accessed and dirty bits may differ between equal tables.
        var slots = new ReadOnlySpan<ulong>((ulong*)page + FirstGuestSlot, Slots - FirstGuestSlot);
        var forgotten = _slotsForgotten;
        _slotsForgotten = false;
        if (!forgotten && slots.SequenceEqual(_kernelSlots))
        {
            return true;
        }

        var same = !forgotten && Same(slots, _kernelSlots);
        slots.CopyTo(_kernelSlots);
        return same;
    }

    private static bool Same(ReadOnlySpan<ulong> slots, ReadOnlySpan<ulong> others)
    {
        var same = true;
        for (var i = 0; i < slots.Length; i++)
        {
            same &= ((slots[i] ^ others[i]) & ~0x60UL) == 0;
        }

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
