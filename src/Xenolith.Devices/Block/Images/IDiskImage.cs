using Xenolith.Host.Files;

namespace Xenolith.Devices.Block.Images;

/// <summary>
/// What is behind a virtual disk. Every operation blocks its caller and may be called by several threads at once; a result of 0 is
/// success, anything else the errno that the guest's request fails with (it sees only "I/O error"; the log gets the words).
/// </summary>
public interface IDiskImage : IDisposable
{
    /// <summary>For messages: the path or URI.</summary>
    string Name { get; }

    /// <summary>Size in bytes now; a multiple of 512. Grows when the image was resized and <see cref="Refresh"/> called.</summary>
    long Bytes { get; }

    /// <summary>Logical sector size in bytes, 512 or 4096.</summary>
    int SectorSize { get; }

    /// <summary>True if <see cref="Discard"/> does something.</summary>
    bool CanDiscard { get; }

    /// <summary>Reads the runs' total at a byte offset. The runs are scratch of the caller and may change.</summary>
    /// <param name="offset">Byte offset; checked by the caller to lie inside the disk.</param>
    /// <param name="runs">Where to.</param>
    /// <param name="wait">False: EAGAIN instead of waiting.</param>
    int Read(long offset, Span<MemoryRun> runs, bool wait);

    /// <summary>Writes the runs' total at a byte offset; see <see cref="Read"/>. Not durable before <see cref="Flush"/>.</summary>
    int Write(long offset, Span<MemoryRun> runs, bool wait);

    /// <summary>Every write that was completed before is durable when this returns 0.</summary>
    int Flush();

    /// <summary>The range's contents are no longer needed.</summary>
    int Discard(long offset, long length);

    /// <summary>Looks whether the image changed its size; true if so.</summary>
    bool Refresh();
}
