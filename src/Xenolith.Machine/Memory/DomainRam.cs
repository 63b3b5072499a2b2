using Xenolith.Engine;
using Xenolith.Host;

namespace Xenolith.Machine.Memory;

/// <summary>
/// A domain's RAM on the host: large pages, which a guest fills nearly always once it touches one, because it hands out its own memory in the same pieces.
/// Where it gives a page back, the large page is split, so that the host has it at once and keeps it.
/// <para>Thread ownership: any thread.</para>
/// </summary>
internal sealed class DomainRam : IDisposable
{
    /// <summary>Splits after which no large page is made anywhere: each can cost a mapping, of which Linux allows a process some 65,000.</summary>
    private const int MostSplits = 4096;

    private readonly HostMemory _memory;
    private readonly ulong[] _split;
    private int _splits;

    /// <summary>Makes RAM; nothing of it is touched.</summary>
    /// <exception cref="IOException">The host has no room for the mapping.</exception>
    public DomainRam(ulong frames)
    {
        _memory = HostMemory.CreateRam((long)frames * MachineFrames.PageSize);
        _split = new ulong[(_memory.Length / HostMemory.LargePage / 64) + 1];
    }

    /// <summary>Host address of the first frame; a multiple of <see cref="HostMemory.LargePage"/>.</summary>
    public nint Address => _memory.Address;

    /// <summary>Gives a frame back to the host, counted from the first; it reads as zero afterwards.</summary>
    public void Release(ulong frame)
    {
        var offset = (long)frame * MachineFrames.PageSize;
        var piece = (int)(offset / HostMemory.LargePage);
        var bit = 1UL << (piece & 63);
        if ((Interlocked.Or(ref _split[piece >> 6], bit) & bit) == 0)
        {
            NoteSplit();
            _memory.Split(offset);
        }

        _memory.Discard(offset, MachineFrames.PageSize);
    }

    /// <summary>Unmaps it.</summary>
    public void Dispose() => _memory.Dispose();

    private void NoteSplit()
    {
        if (Interlocked.Increment(ref _splits) == MostSplits)
        {
            _memory.MakeNoLargePages();
        }
    }
}
