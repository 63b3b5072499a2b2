namespace Xenolith.Machine.Scheduling;

/// <summary>One writer, any readers, no waiting for the writer: readers try again if something was written meanwhile.</summary>
internal struct SeqLock
{
    private uint _version;

    public void BeginWrite()
    {
        Volatile.Write(ref _version, _version + 1);
        Interlocked.MemoryBarrier();
    }

    public void EndWrite() => Volatile.Write(ref _version, _version + 1);

    /// <summary>The version before reading; odd while somebody writes.</summary>
    public readonly uint BeginRead() => Volatile.Read(in _version);

    /// <summary>True if what was read since <see cref="BeginRead"/> is whole.</summary>
    public readonly bool EndRead(uint version)
    {
        Interlocked.MemoryBarrier();
        return (version & 1) == 0 && Volatile.Read(in _version) == version;
    }
}
