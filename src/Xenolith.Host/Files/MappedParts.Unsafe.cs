using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Xenolith.Host.Files;

/// <summary>
/// Which parts of a file, 1 MiB each, are used so often that they are mapped, and where. A part earns its place by what calls moved of it; two parts
/// that share a place push each other out. At most <see cref="Places"/> parts are mapped at a time.
/// <para>Any thread. Threads that change the table at the same time can only cost a part its place. Locks: a leaf, around making the mapping.</para>
/// </summary>
/// <param name="file">A file or block device; it stays the caller's.</param>
/// <param name="length">Its length in bytes; what it may grow by later is not mapped.</param>
/// <param name="writable">The mapping is for writing too: <paramref name="file"/> is open for both.</param>
/// <param name="earned">After so many bytes of a part it is mapped.</param>
internal sealed unsafe partial class MappedParts(SafeFileHandle file, long length, bool writable, int earned) : IDisposable
{
    /// <summary>Most parts that are mapped at a time.</summary>
    public const int Places = 4096;

    /// <summary>Fewest bytes worth a mapping: moving less is no dearer as a call than the look whether it would wait.</summary>
    public const int Least = 32 << 10;

    /// <summary>Bytes of a part.</summary>
    public const int PartSize = 1 << PartBits;

    private const int PartBits = 20, PageSize = 4096, PagesALook = 256, Mapped = int.MaxValue;
    private const int ProtRead = 1, ProtWrite = 2, MapShared = 1, DontNeed = 4, PopulateRead = 22, PopulateWrite = 23;

    private readonly Lock _gate = new();

    /// <summary>
    /// A place has the number of the part that holds it in its high half; in its low half how many bytes of that were moved, or <see cref="Mapped"/>.
    /// Null until something is noted: many disks never are.
    /// </summary>
    private long[]? _places;

    private nint _address;

    /// <summary>Host address of a range if all of it is mapped and in memory, else 0.</summary>
    public nint Find(long position, long bytes)
    {
        if (bytes < Least || Volatile.Read(ref _places) is not { } places)
        {
            return 0;
        }

        for (var part = position >> PartBits; part <= (position + bytes - 1) >> PartBits; part++)
        {
            if (Volatile.Read(ref Place(places, part)) != Entry(part, Mapped))
            {
                return 0;
            }
        }

        var address = AddressOf(position);
        if (InMemory(address, (nint)bytes))
        {
            return address;
        }

        // Reclaimed: touching it would wait for the disk.
        Cool(position, bytes);
        return 0;
    }

    /// <summary>Tells of bytes that a call moved.</summary>
    public void Note(long position, long bytes)
    {
        if (bytes < Least)
        {
            return;
        }

        var places = Volatile.Read(ref _places) ?? MakePlaces();
        for (var end = position + bytes; position < end;)
        {
            var part = position >> PartBits;
            var next = Math.Min(end, (part + 1) << PartBits);
            NotePart(places, part, (int)(next - position));
            position = next;
        }
    }

    /// <summary>The parts of a range have to earn their places again.</summary>
    /// <param name="position">Byte offset in the file.</param>
    /// <param name="bytes">Length of the range.</param>
    public void Cool(long position, long bytes)
    {
        if (Volatile.Read(ref _places) is not { } places)
        {
            return;
        }

        for (var part = position >> PartBits; part <= (position + bytes - 1) >> PartBits; part++)
        {
            Volatile.Write(ref Place(places, part), Entry(part, 0));
        }
    }

    /// <summary>All parts have to earn their places again.</summary>
    public void CoolAll()
    {
        if (Volatile.Read(ref _places) is { } places)
        {
            Array.Clear(places);
        }
    }

    /// <summary>Where a byte of a part that is or was mapped lies.</summary>
    internal nint AddressOf(long position) => _address + (nint)position;

    private long[] MakePlaces()
    {
        var made = new long[Places];
        return Interlocked.CompareExchange(ref _places, made, null) ?? made;
    }

    private void NotePart(long[] places, long part, int bytes)
    {
        ref var place = ref Place(places, part);
        var (owner, moved) = (place >> 32, (int)place);
        if (owner == part && moved == Mapped)
        {
            return;
        }

        if (owner != part && moved == Mapped)
        {
            _ = Advise(AddressOf(owner << PartBits), PartSize, DontNeed);
        }

        moved = (owner == part ? moved : 0) + bytes;
        Volatile.Write(ref place, Entry(part, moved < earned ? moved : TryMap(part) ? Mapped : 0));
    }

    private static ref long Place(long[] places, long part) => ref places[part & (Places - 1)];

    private static long Entry(long part, int moved) => (part << 32) | (uint)moved;

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
                // A device or file system that cannot be mapped, or a limit of address space: calls go on doing it.
                _address = Map(0, (nint)length, writable ? ProtRead | ProtWrite : ProtRead, MapShared, file, 0);
            }
        }

        var start = AddressOf(part << PartBits);
        return _address != -1 && InMemory(start, PartSize) && Advise(start, PartSize, writable ? PopulateWrite : PopulateRead) == 0;
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
            CoolAll();
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
