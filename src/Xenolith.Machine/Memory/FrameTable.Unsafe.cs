using System.Runtime.CompilerServices;
using Xenolith.Host;

namespace Xenolith.Machine.Memory;

/// <summary>
/// One <see cref="FrameState"/> word for each machine frame, in sparse host memory indexed by frame number, so that a word costs
/// nothing until its frame is used.
/// <para>Thread ownership: any thread, interlocked. <see cref="Dispose"/> when no vCPU runs any more.</para>
/// </summary>
internal sealed unsafe class FrameTable : IDisposable
{
    private readonly HostMemory _memory;
    private readonly ulong* _words;

    /// <summary>Makes a table for frames 0..<paramref name="limit"/>-1.</summary>
    public FrameTable(ulong limit)
    {
        Limit = limit;
        _memory = HostMemory.CreatePrivate((long)(limit * sizeof(ulong)));
        _words = (ulong*)_memory.Address;
    }

    /// <summary>First frame number without a word.</summary>
    public ulong Limit { get; }

    /// <summary>A frame's word, to read or to change with interlocked operations.</summary>
    /// <param name="mfn">Below <see cref="Limit"/>; anything else is the caller's mistake.</param>
    public ref ulong this[ulong mfn]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if (mfn >= Limit)
            {
                Refuse(mfn);
            }

            // SAFETY: checked against the table's length.
            return ref _words[mfn];
        }
    }

    /// <summary>True if the frame exists for the guest: its own, shared with it, or granted to it.</summary>
    public bool Exists(ulong mfn) => mfn < Limit && (Volatile.Read(ref this[mfn]) & FrameState.ReferenceCountMask) != 0;

    /// <summary>Frees the table.</summary>
    public void Dispose() => _memory.Dispose();

    private static void Refuse(ulong mfn) => throw new ArgumentOutOfRangeException(nameof(mfn), $"frame {mfn:x} is outside the frame table");
}
