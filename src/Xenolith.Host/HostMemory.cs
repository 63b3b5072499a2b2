using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Xenolith.Host;

/// <summary>
/// A run of pages of this process alone: reserved but not committed, zero until touched, and left out of core dumps. Pages can be given back one by one.
/// <para>Thread ownership: the address may be used by any thread; <see cref="Dispose"/> only once nobody does.</para>
/// </summary>
public sealed partial class HostMemory : IDisposable
{
    private const int ProtRead = 1, ProtWrite = 2;
    private const int MapPrivate = 2, MapAnonymous = 0x20, MapNoReserve = 0x4000;
    private const int AdviceDontDump = 16, AdviceHugePage = 14, AdviceNoHugePage = 15, AdviceDontNeed = 4, AdviceCold = 20;
    private const int Interrupted = 4;

    /// <summary>Bytes of a large page of the host (x86-64's PMD).</summary>
    public const int LargePage = 2 << 20;

    private nint _address;

    private HostMemory(nint address, long length)
    {
        _address = address;
        Length = length;
    }

    /// <summary>Address of the first byte; page-aligned.</summary>
    public nint Address => _address;

    /// <summary>Length in bytes; a multiple of 4096.</summary>
    public long Length { get; }

    /// <summary>Makes memory for large sparse tables.</summary>
    /// <param name="length">Bytes; rounded up to whole pages.</param>
    /// <exception cref="IOException">The host refused; the message says why.</exception>
    public static HostMemory CreatePrivate(long length) => CreateAnonymous(length, AdviceNoHugePage);

    /// <summary>Makes memory that will be filled from its beginning: large pages make that cheaper.</summary>
    /// <param name="length">Most bytes that will be used; rounded up to whole pages.</param>
    /// <exception cref="IOException">The host refused; the message says why.</exception>
    public static HostMemory CreateWorkspace(long length) => CreateAnonymous(length, AdviceHugePage);

    /// <summary>Makes memory that begins at a multiple of <see cref="LargePage"/> and is touched in large pieces: the host uses large pages where it can.</summary>
    /// <param name="length">Bytes; rounded up to whole pages.</param>
    /// <exception cref="IOException">The host refused; the message says why.</exception>
    public static HostMemory CreateRam(long length) => CreateAnonymous(length, AdviceHugePage, LargePage);

    private static HostMemory CreateAnonymous(long length, int pageAdvice, int alignment = 4096)
    {
        length = RoundUp(length);
        var slack = alignment - 4096;
        var mapping = Mmap(0, (nuint)(length + slack), ProtRead | ProtWrite, MapPrivate | MapAnonymous | MapNoReserve, -1, 0);
        if (mapping == -1)
        {
            throw Failure($"cannot map {length >> 10} KiB");
        }

        var address = (mapping + slack) & ~(nint)slack;
        Trim(mapping, address - mapping);
        Trim(address + (nint)length, mapping + slack - address);
        _ = Madvise(address, (nuint)length, AdviceDontDump);
        _ = Madvise(address, (nuint)length, pageAdvice);
        return new HostMemory(address, length);
    }

    /// <summary>
    /// Takes apart the large page that a byte lies in, and none is made there again: otherwise a page of it that is given back stays with the rest, or is
    /// filled in again by the host. Without large pages, nothing happens.
    /// </summary>
    public void Split(long offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(offset, Length);
        var start = offset & -LargePage;
        _ = Madvise(_address + (nint)start, (nuint)Math.Min(LargePage, Length - start), AdviceNoHugePage);
        // Linux splits a large page of which a part is to be cold: the only request of a process that does, without a loss of contents.
        _ = Madvise(_address + (nint)(offset & -4096), 4096, AdviceCold);
    }

    /// <summary>No large page is made any more anywhere; those that are there stay.</summary>
    public void MakeNoLargePages() => _ = Madvise(_address, (nuint)Length, AdviceNoHugePage);

    /// <summary>Gives pages back to the host; they read as zero afterwards. Both values are multiples of 4096.</summary>
    /// <exception cref="IOException">The host refused.</exception>
    public void Discard(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + length, Length, nameof(length));
        while (Madvise(_address + (nint)offset, (nuint)length, AdviceDontNeed) != 0)
        {
            if (Marshal.GetLastPInvokeError() != Interrupted)
            {
                throw Failure($"cannot give {length >> 10} KiB back to the host");
            }
        }
    }

    /// <summary>Unmaps the memory.</summary>
    public void Dispose()
    {
        var address = Interlocked.Exchange(ref _address, 0);
        if (address != 0)
        {
            _ = Munmap(address, (nuint)Length);
        }
    }

    private static void Trim(nint address, nint length)
    {
        if (length != 0)
        {
            _ = Munmap(address, (nuint)length);
        }
    }

    private static long RoundUp(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        return (length + 4095) & ~4095L;
    }

    private static IOException Failure(string what)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"{what}: {new Win32Exception(error).Message}; free memory or lift the limit (ulimit -v, cgroup) and try again");
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Mmap(nint address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Munmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    private static partial int Madvise(nint address, nuint length, int advice);
}
