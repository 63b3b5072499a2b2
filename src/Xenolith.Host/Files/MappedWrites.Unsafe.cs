using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Xenolith.Host.Signals;

namespace Xenolith.Host.Files;

/// <summary>
/// Writes those parts of a file that are rewritten again and again straight into the host's page cache: such a part is mapped, and a write of it is a
/// copy, where a write call costs twice that. The host's kernel watches pages that are clean: the first store into each faults, which is dearer than
/// a call. So a part is mapped only when it has been written four times over since the file was last flushed, and is given up at the next flush
/// (<see cref="Flushed"/>). If pages are found clean all the same, the host is writing back on its own: calls write everything for some seconds.
/// <para>Nothing else is different: what was written is in the page cache when the write returns, outlives this process, and is durable after a flush.
/// Any thread.</para>
/// </summary>
/// <param name="file">A file or block device open for reading and writing; one open for writing only is left to calls. It stays the caller's.</param>
/// <param name="length">Its length in bytes; what it may grow by later is not mapped.</param>
public sealed unsafe partial class MappedWrites(SafeFileHandle file, long length) : IDisposable
{
    /// <summary>Fewest bytes that a write has to have.</summary>
    public const int Least = MappedParts.Least;

    /// <summary>How often a part has to be written over before it is mapped.</summary>
    public const int Rewrites = 4;

    private const int PageSize = 4096, OfThread = 1, UsageWords = 18, MinorFaults = 8, FileSystemWords = 15;

    /// <summary>Local file systems whose mappings are known to behave: ext4, xfs, btrfs, tmpfs (and devices), overlays of these.</summary>
    private static readonly long[] FileSystems = [0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630];

    private readonly bool _mayMap = FileSystem(file) is { } type && FileSystems.Contains(type);
    private readonly MappedParts _parts = new(file, length, writable: true, earned: Rewrites * MappedParts.PartSize);

    private long _callsUntil;

    /// <summary>How long calls write everything once pages were found clean, in ms.</summary>
    internal long PauseMilliseconds { get; init; } = 5000;

    /// <summary>Counts the calling thread's faults.</summary>
    internal Func<long> Faults { get; init; } = FaultsSoFar;

    /// <summary>
    /// Writes the runs' total if all of it is mapped and in memory. False: a write call has to do it, all of it. The caller sees to it that the file does
    /// not end before the write does.
    /// </summary>
    /// <param name="runs">Where from.</param>
    /// <param name="position">Byte offset in the file.</param>
    /// <param name="bytes">The runs' total.</param>
    public bool TryWrite(ReadOnlySpan<MemoryRun> runs, long position, long bytes)
    {
        var address = _parts.Find(position, bytes);
        if (address == 0)
        {
            return false;
        }

        var before = Faults();
        if (!GuardedCopy.TryCopyTo(address, runs))
        {
            // The file ends here by now, or there is no room to write on: the call has words for it.
            _parts.Cool(position, bytes);
            return false;
        }

        if (Faults() - before > bytes / PageSize / 4)
        {
            Volatile.Write(ref _callsUntil, Environment.TickCount64 + PauseMilliseconds);
            _parts.CoolAll();
        }

        return true;
    }

    /// <summary>Tells of a write that a write call made.</summary>
    public void Note(long position, long bytes)
    {
        if (_mayMap && Environment.TickCount64 >= Volatile.Read(ref _callsUntil))
        {
            _parts.Note(position, bytes);
        }
    }

    /// <summary>Tells that the file was flushed: all its pages are clean.</summary>
    public void Flushed() => _parts.CoolAll();

    /// <summary>The copy alone, into a part that is or was mapped. False if the file could not be written.</summary>
    internal bool TryCopy(ReadOnlySpan<MemoryRun> runs, long position) => GuardedCopy.TryCopyTo(_parts.AddressOf(position), runs);

    /// <inheritdoc/>
    public void Dispose() => _parts.Dispose();

    private static long FaultsSoFar()
    {
        var usage = stackalloc long[UsageWords];

        // SAFETY: a struct rusage is 18 words, of which the ninth counts faults that needed no disk.
        return ResourceUsage(OfThread, usage) == 0 ? usage[MinorFaults] : 0;
    }

    private static long? FileSystem(SafeFileHandle file)
    {
        var words = stackalloc long[FileSystemWords];

        // SAFETY: a struct statfs is 15 words, the first of which is the type.
        return FileSystemOf(file, words) == 0 ? words[0] : null;
    }

    [LibraryImport("libc", EntryPoint = "fstatfs")]
    private static partial int FileSystemOf(SafeHandle file, long* words);

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int ResourceUsage(int who, long* usage);
}
