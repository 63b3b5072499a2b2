using Xenolith.Abi.Block;

namespace Xenolith.Devices.Block;

/// <summary>What a disk has done, for <c>xl inspect</c>. Any thread.</summary>
public sealed class DiskCounters
{
    private long _reads, _writes, _flushes, _discards, _errors;

    /// <summary>Reads answered.</summary>
    public long Reads => Interlocked.Read(ref _reads);

    /// <summary>Writes answered.</summary>
    public long Writes => Interlocked.Read(ref _writes);

    /// <summary>Flushes and barriers answered.</summary>
    public long Flushes => Interlocked.Read(ref _flushes);

    /// <summary>Discards answered.</summary>
    public long Discards => Interlocked.Read(ref _discards);

    /// <summary>Requests that failed.</summary>
    public long Errors => Interlocked.Read(ref _errors);

    internal void Count(BlkifOperation operation, bool failed)
    {
        switch (operation)
        {
            case BlkifOperation.Read:
                Interlocked.Increment(ref _reads);
                break;
            case BlkifOperation.Write:
                Interlocked.Increment(ref _writes);
                break;
            case BlkifOperation.Flush or BlkifOperation.WriteBarrier:
                Interlocked.Increment(ref _flushes);
                break;
            case BlkifOperation.Discard:
                Interlocked.Increment(ref _discards);
                break;
        }

        if (failed)
        {
            Interlocked.Increment(ref _errors);
        }
    }
}
