using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Xenolith.Host.Signals;

namespace Xenolith.Host.Files;

/// <summary>
/// Reads those parts of a file that are read again and again straight out of the host's page cache: such a part is mapped, and a read of it is a copy,
/// where a read call costs nearly twice that. A part is mapped once it has been read twice over and all of it is in memory; a read that would
/// have to wait for the disk is never made here. At most <see cref="Places"/> parts of 1 MiB are mapped at a time.
/// <para>Any thread. Threads that change the table at the same time can only cost a part its place. Locks: a leaf, around making the mapping.</para>
/// </summary>
/// <param name="file">A file or block device open for reading. It stays the caller's.</param>
/// <param name="length">Its length in bytes; what it may grow by later is not mapped.</param>
public sealed unsafe partial class MappedReads(SafeFileHandle file, long length) : IDisposable
{
    /// <summary>Most parts that are mapped at a time.</summary>
    public const int Places = 4096;

    /// <summary>Fewest bytes that a read has to have: a smaller one is no dearer as a call than the look whether it would wait.</summary>
    public const int Least = 32 << 10;

    private const int PartBits = 20, PageSize = 4096, PagesALook = 256;
    private const long PartSize = 1 << PartBits, ReadTwice = 2 * PartSize, Mapped = int.MaxValue;
    private const int ProtRead = 1, MapShared = 1, DontNeed = 4, PopulateRead = 22;

    private readonly Lock _gate = new();

    /// <summary>A place has the number of the part that holds it in its high half; in its low half how many bytes of that have been read, or <see cref="Mapped"/>.</summary>
    private readonly long[] _places = new long[Places];

    private nint _address;

    /// <summary>
    /// Reads the runs' total if all of it is mapped and in memory. False: a read call has to do it, whatever is in the runs' memory by now. The caller
    /// sees to it that the file does not end before the read does.
    /// </summary>
    /// <param name="runs">Where to.</param>
    /// <param name="position">Byte offset in the file.</param>
    /// <param name="bytes">The runs' total.</param>
    public bool TryRead(ReadOnlySpan<MemoryRun> runs, long position, long bytes)
    {
        if (bytes < Least)
        {
            return false;
        }

        for (var part = position >> PartBits; part <= (position + bytes - 1) >> PartBits; part++)
        {
            if (Volatile.Read(ref Place(part)) != Entry(part, Mapped))
            {
                return false;
            }
        }

        if (InMemory(_address + (nint)position, (nint)bytes) && TryCopy(runs, position))
        {
            return true;
        }

        // Reclaimed, or not to be read any more: the part has to earn its place again.
        Place(position >> PartBits) = 0;
        return false;
    }

    /// <summary>The copy alone, from a mapped part. False if the file could not be read.</summary>
    internal bool TryCopy(ReadOnlySpan<MemoryRun> runs, long position) => GuardedCopy.TryCopy(runs, _address + (nint)position);

    /// <summary>Tells of a read that a read call made without waiting for the disk.</summary>
    public void Note(long position, long bytes)
    {
        if (bytes < Least)
        {
            return;
        }

        for (var end = position + bytes; position < end;)
        {
            var part = position >> PartBits;
            var next = Math.Min(end, (part + 1) << PartBits);
            NotePart(part, next - position);
            position = next;
        }
    }

    private void NotePart(long part, long bytes)
    {
        ref var place = ref Place(part);
        var (owner, read) = (place >> 32, place & Mapped);
        if (owner == part && read == Mapped)
        {
            return;
        }

        if (owner != part && read == Mapped)
        {
            _ = Advise(_address + (nint)(owner << PartBits), (nint)PartSize, DontNeed);
        }

        read = (owner == part ? read : 0) + bytes;
        Volatile.Write(ref place, Entry(part, read < ReadTwice ? read : TryMap(part) ? Mapped : 0));
    }

    private ref long Place(long part) => ref _places[part & (Places - 1)];

    private static long Entry(long part, long read) => (part << 32) | read;

    private bool TryMap(long part)
    {
        if ((part + 1) << PartBits > length)
        {
            return false;
        }

        lock (_gate)
        {
            if (_address == 0)
            {
                // A device or file system that cannot be mapped, or a limit of address space: read calls go on doing it.
                _address = Map(0, (nint)length, ProtRead, MapShared, file, 0);
            }
        }

        var start = _address + (nint)(part << PartBits);
        return _address != -1 && InMemory(start, (nint)PartSize) && Advise(start, (nint)PartSize, PopulateRead) == 0;
    }

    private static bool InMemory(nint address, nint bytes)
    {
        Span<byte> resident = stackalloc byte[PagesALook];
        var page = address & ~(nint)(PageSize - 1);
        for (var left = address + bytes - page; left > 0; left -= PagesALook * PageSize, page += PagesALook * PageSize)
        {
            var pages = (int)Math.Min(PagesALook, (left + PageSize - 1) / PageSize);

            // SAFETY: mincore writes one byte a page.
            fixed (byte* first = resident)
            {
                if (InCore(page, pages * (nint)PageSize, first) != 0)
                {
                    return false;
                }
            }

            // The other bits of the bytes are undefined.
            for (var i = 0; i < pages; i++)
            {
                if ((resident[i] & 1) == 0)
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_address is not (0 or -1))
        {
            _ = Unmap(_address, (nint)length);
            _address = 0;
            Array.Clear(_places);
        }
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nint length, int protection, int flags, SafeHandle file, long offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nint length);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nint length, int advice);

    [LibraryImport("libc", EntryPoint = "mincore")]
    private static partial int InCore(nint address, nint length, byte* resident);
}
