using Xenolith.Host.Memory;

namespace Xenolith.Translator.Cache;

/// <summary>
/// What emitted code of the guest's kernel expects its returns to be: a call leaves a frame {host address behind the call, guest return address} here, on the host's
/// stack while emitted code runs, and a return whose guest address is that of the last frame takes it by a host return, which the processor predicts. A hint only: any
/// return may find another frame, or none, and goes through the branch hash. What a frame leads to is a link like others, taken back like others; so frames need to
/// be forgotten only with the cache's bytes and where the key of blocks changes (<see cref="Analyse.BlockMode"/>).
/// <para>256 frames in a ring that starts again at its top when it is full; above it frames that match nothing useful, below it room for signal handlers.
/// The vCPU's thread only.</para>
/// </summary>
internal sealed unsafe class ReturnStack : IDisposable
{
    /// <summary>Bytes of the ring; its ends are multiples of this.</summary>
    public const int RingSize = 4096;

    /// <summary>Bytes of a frame.</summary>
    public const int FrameSize = 16;

    private const int SignalRoom = 16 * RingSize, Size = SignalRoom + (2 * RingSize), Sentinels = 2;
    private const ulong NoAddress = 1UL << 63;
    private readonly nint _memory;

    /// <summary>Makes an empty one.</summary>
    /// <param name="underflow">Where a return goes that finds the ring empty.</param>
    public ReturnStack(nint underflow)
    {
        _memory = MappedMemory.MapPrivateMemory(0, Size, Protection.Read | Protection.Write);
        Top = _memory + SignalRoom + RingSize;
        for (var i = 0; i < Sentinels; i++)
        {
            // SAFETY: the page above the ring is ours. The address is not canonical, but even a return to it would be done rightly.
            var frame = (ulong*)(Top + (i * FrameSize));
            frame[0] = (ulong)underflow;
            frame[1] = NoAddress;
        }
    }

    /// <summary>The stack pointer of an empty ring.</summary>
    public nint Top { get; }

    /// <inheritdoc/>
    public void Dispose() => MappedMemory.Release(_memory, Size);
}
