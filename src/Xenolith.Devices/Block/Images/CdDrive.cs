using Xenolith.Host;
using Xenolith.Host.Files;

namespace Xenolith.Devices.Block.Images;

/// <summary>
/// A drive whose medium is changed while a frontend is connected. A change waits for the requests that are under way and the medium that was
/// there before is closed; requests that were checked against the old medium and begin after the change fail or read the new one, as on a real drive.
/// <para>Locks: one for many readers (requests) and one writer (the change). It is held while an image works; a change behind a hung server waits
/// as long as that hangs.</para>
/// </summary>
public sealed class CdDrive(IDiskImage medium) : IDiskImage
{
    private readonly ReaderWriterLockSlim _lock = new();
    private IDiskImage _medium = medium;

    /// <inheritdoc/>
    public string Name => Volatile.Read(ref _medium).Name;

    /// <inheritdoc/>
    public long Bytes => Volatile.Read(ref _medium).Bytes;

    /// <inheritdoc/>
    public int SectorSize { get; } = medium.SectorSize;

    /// <inheritdoc/>
    public bool CanDiscard => false;

    /// <summary>Takes the medium out, closes it, and puts another in (which is the drive's from now on).</summary>
    /// <param name="next">The medium; <see cref="NoMedium"/> for none.</param>
    public void Change(IDiskImage next)
    {
        ArgumentNullException.ThrowIfNull(next);
        _lock.EnterWriteLock();
        try
        {
            _medium.Dispose();
            Volatile.Write(ref _medium, next);
        }
        finally
        {
            _lock.ExitWriteLock();
        }
    }

    /// <inheritdoc/>
    public int Read(long offset, Span<MemoryRun> runs, bool wait)
    {
        _lock.EnterReadLock();
        try
        {
            return _medium.Read(offset, runs, wait);
        }
        finally
        {
            _lock.ExitReadLock();
        }
    }

    /// <inheritdoc/>
    public int Write(long offset, Span<MemoryRun> runs, bool wait) => Errno.EPERM;

    /// <inheritdoc/>
    public int Flush() => 0;

    /// <inheritdoc/>
    public int Discard(long offset, long length) => Errno.EPERM;

    /// <inheritdoc/>
    public bool Refresh()
    {
        _lock.EnterReadLock();
        try
        {
            return _medium.Refresh();
        }
        finally
        {
            _lock.ExitReadLock();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _medium.Dispose();
        _lock.Dispose();
    }
}
