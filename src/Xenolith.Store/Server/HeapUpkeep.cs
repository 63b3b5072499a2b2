namespace Xenolith.Store.Server;

/// <summary>
/// Keeps the heap as small as what lives in it. Left alone, the collector sizes its youngest generation by the CPU's cache, tens of
/// megabytes; a store that holds a few must not weigh that much.
/// </summary>
internal sealed class HeapUpkeep
{
    /// <summary>Bytes allocated between collections of what is young.</summary>
    private const long YoungBytes = 1024 * 1024;

    /// <summary>Bytes by which the heap may always outgrow what lived at the last full collection; besides that, by a quarter of it.</summary>
    private const long Slack = 1024 * 1024;

    /// <summary>Bytes allocated since the last full collection that make one worth while when there is nothing else to do.</summary>
    private const long RestBytes = 256 * 1024;

    private long _allocated;
    private long _restedAt;
    private long _limit = Slack * 2;

    /// <summary>Whether <see cref="Rest"/> would make the heap smaller.</summary>
    public bool NeedsRest => GC.GetAllocatedBytesForCurrentThread() - _restedAt > RestBytes;

    /// <summary>Collects if enough was allocated. Costs a few nanoseconds otherwise.</summary>
    public void Run()
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        if (allocated - _allocated < YoungBytes)
            return;
        _allocated = allocated;
        GC.Collect(1, GCCollectionMode.Forced, blocking: true, compacting: true);
        if (GC.GetTotalMemory(forceFullCollection: false) > _limit)
            Rest();
    }

    /// <summary>Collects everything and gives the memory back: when nobody asked for anything for a moment.</summary>
    public void Rest()
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        var live = GC.GetTotalMemory(forceFullCollection: false);
        _limit = live + live / 4 + Slack;
        _restedAt = _allocated = GC.GetAllocatedBytesForCurrentThread();
    }
}
