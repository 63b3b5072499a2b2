using Xenolith.Host;
using Xenolith.Host.Files;

namespace Xenolith.Devices.Block.Images;

/// <summary>
/// A drive without a medium: a disk of no sectors. The frontend connects to it all the same, because Linux waits minutes at boot for one that
/// stays unconnected.
/// </summary>
public sealed class NoMedium : IDiskImage
{
    /// <inheritdoc/>
    public string Name => "no medium";

    /// <inheritdoc/>
    public long Bytes => 0;

    /// <inheritdoc/>
    public int SectorSize => 512;

    /// <inheritdoc/>
    public bool CanDiscard => false;

    /// <inheritdoc/>
    public int Read(long offset, Span<MemoryRun> runs, bool wait) => Errno.EIO;

    /// <inheritdoc/>
    public int Write(long offset, Span<MemoryRun> runs, bool wait) => Errno.EIO;

    /// <inheritdoc/>
    public int Flush() => 0;

    /// <inheritdoc/>
    public int Discard(long offset, long length) => Errno.EIO;

    /// <inheritdoc/>
    public bool Refresh() => false;

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
