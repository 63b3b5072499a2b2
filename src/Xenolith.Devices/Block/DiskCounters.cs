using Xenolith.Abi.Block;

namespace Xenolith.Devices.Block;

/// <summary>What a disk has done, for <c>xl inspect</c>. Any thread.</summary>
public sealed class DiskCounters
{
    private long _reads, _writes, _flushes, _discards, _errors, _sectorsRead, _sectorsWritten;

    /// <summary>Reads answered.</summary>
    public long Reads => Interlocked.Read(ref _reads);

    /// <summary>Writes answered.</summary>
    public long Writes => Interlocked.Read(ref _writes);

    /// <summary>Sectors of 512 bytes that were read.</summary>
    public long SectorsRead => Interlocked.Read(ref _sectorsRead);

    /// <summary>Sectors of 512 bytes that were written.</summary>
    public long SectorsWritten => Interlocked.Read(ref _sectorsWritten);

    /// <summary>Flushes and barriers answered.</summary>
    public long Flushes => Interlocked.Read(ref _flushes);

    /// <summary>Discards answered.</summary>
    public long Discards => Interlocked.Read(ref _discards);

    /// <summary>Requests that failed.</summary>
    public long Errors => Interlocked.Read(ref _errors);

    internal void Count(BlkifOperation operation, long sectors, bool failed)
    {
        switch (operation)
        {
            case BlkifOperation.Read:
                Interlocked.Increment(ref _reads);
                Interlocked.Add(ref _sectorsRead, sectors);
                break;
            case BlkifOperation.Write:
                Interlocked.Increment(ref _writes);
                Interlocked.Add(ref _sectorsWritten, sectors);
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
