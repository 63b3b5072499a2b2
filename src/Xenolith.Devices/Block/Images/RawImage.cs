using Microsoft.Win32.SafeHandles;
using Xenolith.Host;
using Xenolith.Host.Files;

namespace Xenolith.Devices.Block.Images;

/// <summary>A raw file, sparse or not, or a block device, opened by the monitor.</summary>
public sealed class RawImage : IDiskImage
{
    private readonly SafeFileHandle _file;
    private readonly bool _isDevice;
    private readonly MappedReads _mapped;
    private readonly MappedWrites _rewritten;
    private long _bytes;
    private volatile bool _cannotPunch;

    /// <summary>Takes ownership of an open descriptor.</summary>
    /// <param name="file">Readable, and writable unless the disk is read-only.</param>
    /// <param name="name">For messages.</param>
    public RawImage(SafeFileHandle file, string name)
    {
        ArgumentNullException.ThrowIfNull(file);
        _file = file;
        Name = name;
        if (PositionedIo.BlockDeviceSize(file) is { } device)
        {
            _isDevice = true;
            SectorSize = device.SectorSize;
            _cannotPunch = true;
        }

        _bytes = Size();
        _mapped = new MappedReads(file, _bytes);
        _rewritten = new MappedWrites(file, _bytes);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <inheritdoc/>
    public int SectorSize { get; } = 512;

    /// <inheritdoc/>
    public bool CanDiscard => !_cannotPunch;

    /// <inheritdoc/>
    public int Read(long offset, Span<MemoryRun> runs, bool wait)
    {
        var bytes = Total(runs);
        if (IsCut(offset + bytes))
        {
            return Errno.EIO;
        }

        if (_mapped.TryRead(runs, offset, bytes))
        {
            return 0;
        }

        var error = PositionedIo.Read(_file, runs, offset, wait);
        if (error == 0 && !wait)
        {
            _mapped.Note(offset, bytes);
        }

        return error;
    }

    /// <inheritdoc/>
    public int Write(long offset, Span<MemoryRun> runs, bool wait)
    {
        var bytes = Total(runs);
        if (IsCut(offset + bytes))
        {
            return Errno.EIO;
        }

        if (_rewritten.TryWrite(runs, offset, bytes))
        {
            return 0;
        }

        var error = PositionedIo.Write(_file, runs, offset, wait);
        if (error == 0)
        {
            _rewritten.Note(offset, bytes);
        }

        return error;
    }

    /// <inheritdoc/>
    public int Flush()
    {
        var error = PositionedIo.Sync(_file);
        _rewritten.Flushed();
        return error;
    }

    /// <inheritdoc/>
    public int Discard(long offset, long length)
    {
        const int notSupported = 95;
        if (_cannotPunch)
        {
            return notSupported;
        }

        var error = PositionedIo.PunchHole(_file, offset, length);
        if (error is notSupported or Errno.EINVAL)
        {
            _cannotPunch = true;
            return notSupported;
        }

        return error;
    }

    /// <inheritdoc/>
    public bool Refresh()
    {
        var now = Size();
        return Interlocked.Exchange(ref _bytes, now) != now;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _mapped.Dispose();
        _rewritten.Dispose();
        _file.Dispose();
    }

    /// <summary>
    /// The file ends before the request does: somebody truncated it. What was there is lost, and neither zeros nor a file that grows again would be
    /// true.
    /// </summary>
    private bool IsCut(long end) => !_isDevice && end > Size();

    private static long Total(ReadOnlySpan<MemoryRun> runs)
    {
        long bytes = 0;
        foreach (var run in runs)
        {
            bytes += run.Length;
        }

        return bytes;
    }

    private long Size()
    {
        var bytes = _isDevice ? PositionedIo.BlockDeviceSize(_file)?.Bytes ?? 0 : RandomAccess.GetLength(_file);

        // Xen gives a guest whole sectors; a last partial one is rounded up and reads as zeros behind the file's end.
        return (bytes + 511) & ~511L;
    }
}
