using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Xenolith.Host;

/// <summary>
/// A run of pages from the host: reserved but not committed, zero until touched, and left out of core dumps. Shared ones are a memfd, so
/// that another process or engine can map them and pages can be given back one by one.
/// <para>Thread ownership: the address may be used by any thread; <see cref="Dispose"/> only once nobody does.</para>
/// </summary>
public sealed partial class HostMemory : IDisposable
{
    private const int ProtRead = 1, ProtWrite = 2;
    private const int MapShared = 1, MapPrivate = 2, MapAnonymous = 0x20, MapNoReserve = 0x4000;
    private const int AdviceDontDump = 16, AdviceHugePage = 14, AdviceNoHugePage = 15, AdviceDontNeed = 4;
    private const uint MemfdCloseOnExec = 1;
    private const int Interrupted = 4;
    private const int FallocateKeepSize = 1, FallocatePunchHole = 2;

    private nint _address;

    private HostMemory(nint address, long length, SafeFileHandle? file)
    {
        _address = address;
        Length = length;
        File = file;
    }

    /// <summary>Address of the first byte; page-aligned.</summary>
    public nint Address => _address;

    /// <summary>Length in bytes; a multiple of 4096.</summary>
    public long Length { get; }

    /// <summary>The memfd of shared memory, or null.</summary>
    public SafeFileHandle? File { get; }

    /// <summary>Makes memory behind a memfd.</summary>
    /// <param name="name">What /proc shows.</param>
    /// <param name="length">Bytes; rounded up to whole pages.</param>
    /// <exception cref="IOException">The host refused; the message says which call and why.</exception>
    public static HostMemory CreateShared(string name, long length)
    {
        length = RoundUp(length);
        var descriptor = MemfdCreate(name, MemfdCloseOnExec);
        if (descriptor < 0)
        {
            throw Failure($"cannot make a memory file for {name}");
        }

        var file = new SafeFileHandle(descriptor, ownsHandle: true);
        if (Ftruncate(file, length) != 0)
        {
            var failure = Failure($"cannot size {name} to {length >> 10} KiB");
            file.Dispose();
            throw failure;
        }

        var address = Mmap(0, (nuint)length, ProtRead | ProtWrite, MapShared | MapNoReserve, descriptor, 0);
        if (address == -1)
        {
            var failure = Failure($"cannot map {length >> 10} KiB for {name}");
            file.Dispose();
            throw failure;
        }

        _ = Madvise(address, (nuint)length, AdviceDontDump);
        return new HostMemory(address, length, file);
    }

    /// <summary>Makes anonymous memory of this process alone, for large sparse tables.</summary>
    /// <param name="length">Bytes; rounded up to whole pages.</param>
    /// <exception cref="IOException">The host refused; the message says why.</exception>
    public static HostMemory CreatePrivate(long length) => CreateAnonymous(length, AdviceNoHugePage);

    /// <summary>Makes anonymous memory of this process alone that will be filled from its beginning: large pages make that cheaper.</summary>
    /// <param name="length">Most bytes that will be used; rounded up to whole pages.</param>
    /// <exception cref="IOException">The host refused; the message says why.</exception>
    public static HostMemory CreateWorkspace(long length) => CreateAnonymous(length, AdviceHugePage);

    private static HostMemory CreateAnonymous(long length, int pageAdvice)
    {
        length = RoundUp(length);
        var address = Mmap(0, (nuint)length, ProtRead | ProtWrite, MapPrivate | MapAnonymous | MapNoReserve, -1, 0);
        if (address == -1)
        {
            throw Failure($"cannot map a table of {length >> 10} KiB");
        }

        _ = Madvise(address, (nuint)length, AdviceDontDump);
        _ = Madvise(address, (nuint)length, pageAdvice);
        return new HostMemory(address, length, null);
    }

    /// <summary>Gives pages back to the host; they read as zero afterwards. Both values are multiples of 4096.</summary>
    /// <exception cref="IOException">The host refused.</exception>
    public void Discard(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + length, Length, nameof(length));
        while (File is not null
            ? Fallocate(File, FallocateKeepSize | FallocatePunchHole, offset, length) != 0
            : Madvise(_address + (nint)offset, (nuint)length, AdviceDontNeed) != 0)
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
            File?.Dispose();
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
        return new IOException($"{what}: {new Win32Exception(error).Message}; free memory or lift the limit (ulimit -v or -f, cgroup) and try again");
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MemfdCreate(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    private static partial int Ftruncate(SafeFileHandle file, long length);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    private static partial int Fallocate(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Mmap(nint address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Munmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    private static partial int Madvise(nint address, nuint length, int advice);
}
