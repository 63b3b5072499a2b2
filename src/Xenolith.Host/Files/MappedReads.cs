using Microsoft.Win32.SafeHandles;
using Xenolith.Host.Signals;

namespace Xenolith.Host.Files;

/// <summary>
/// Reads those parts of a file that are read again and again straight out of the host's page cache: such a part is mapped, and a read of it is a copy,
/// where a read call costs nearly twice that. A part is mapped once it has been read twice over and all of it is in memory; a read that would
/// have to wait for the disk is never made here.
/// <para>Any thread.</para>
/// </summary>
/// <param name="file">A file or block device open for reading. It stays the caller's.</param>
/// <param name="length">Its length in bytes; what it may grow by later is not mapped.</param>
public sealed class MappedReads(SafeFileHandle file, long length) : IDisposable
{
    /// <summary>Most parts that are mapped at a time.</summary>
    public const int Places = MappedParts.Places;

    /// <summary>Fewest bytes that a read has to have.</summary>
    public const int Least = MappedParts.Least;

    private readonly MappedParts _parts = new(file, length, writable: false, earned: 2 * MappedParts.PartSize);

    /// <summary>
    /// Reads the runs' total if all of it is mapped and in memory. False: a read call has to do it, whatever is in the runs' memory by now. The caller
    /// sees to it that the file does not end before the read does.
    /// </summary>
    /// <param name="runs">Where to.</param>
    /// <param name="position">Byte offset in the file.</param>
    /// <param name="bytes">The runs' total.</param>
    public bool TryRead(ReadOnlySpan<MemoryRun> runs, long position, long bytes)
    {
        var address = _parts.Find(position, bytes);
        if (address == 0)
        {
            return false;
        }

        var done = GuardedCopy.TryCopyFrom(address, runs);
        if (!done)
        {
            _parts.Cool(position, bytes);
        }

        return done;
    }

    /// <summary>The copy alone, from a part that is or was mapped. False if the file could not be read.</summary>
    internal bool TryCopy(ReadOnlySpan<MemoryRun> runs, long position) => GuardedCopy.TryCopyFrom(_parts.AddressOf(position), runs);

    /// <summary>Tells of a read that a read call made without waiting for the disk.</summary>
    public void Note(long position, long bytes) => _parts.Note(position, bytes);

    /// <inheritdoc/>
    public void Dispose() => _parts.Dispose();
}
