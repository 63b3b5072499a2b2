namespace Xenolith.Toolstack.Domains;

/// <summary>What the runtime of this process has used: the part of a domain's footprint that is neither the guest's memory nor emitted code.</summary>
internal static class ProcessCounters
{
    /// <summary>The counters now, in bytes and numbers since the process began.</summary>
    public static IReadOnlyList<KeyValuePair<string, long>> Now()
    {
        var last = GC.GetGCMemoryInfo(GCKind.Any);
        return
        [
            new("process/allocated-bytes", GC.GetTotalAllocatedBytes()),
            new("process/collections", GC.CollectionCount(0)),
            new("process/full-collections", GC.CollectionCount(2)),
            new("process/heap-bytes", GC.GetTotalMemory(forceFullCollection: false)),
            new("process/heap-committed-bytes", last.TotalCommittedBytes),
            new("process/threads", ThreadPool.ThreadCount),
        ];
    }
}
