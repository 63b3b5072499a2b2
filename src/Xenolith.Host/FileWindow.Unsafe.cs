using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Xenolith.Host;

/// <summary>
/// A part of a file as memory, shared with the file: what is stored in it belongs to the file from that moment on, and stays when the
/// process is killed, without a system call. (Not when the machine loses power: that takes fsync.)
/// <para>Thread ownership: one thread.</para>
/// </summary>
public sealed unsafe partial class FileWindow : IDisposable
{
    private const int ProtRead = 1, ProtWrite = 2;
    private const int MapShared = 1, MapPopulate = 0x8000;
    private const int PageSize = 4096;

    private byte* _address;

    private FileWindow(byte* address, long offset, int length)
    {
        _address = address;
        Offset = offset;
        Length = length;
    }

    /// <summary>Where in the file it begins.</summary>
    public long Offset { get; }

    /// <summary>Its length in bytes.</summary>
    public int Length { get; }

    /// <summary>The bytes; good until the window is disposed.</summary>
    // SAFETY: the mapping has exactly Length bytes and lives until Dispose, which clears the address.
    public Span<byte> Bytes => _address == null ? throw new ObjectDisposedException(nameof(FileWindow)) : new(_address, Length);

    /// <summary>
    /// Maps a part of a file for writing, with disk space reserved for all of it: a store into it can never meet a full disk.
    /// Null if there is no space.
    /// </summary>
    /// <param name="file">A file open for reading and writing; it grows to the window's end.</param>
    /// <param name="offset">Where to begin, a multiple of the page size.</param>
    /// <param name="length">Bytes, a multiple of the page size.</param>
    public static FileWindow? TryReserve(SafeFileHandle file, long offset, int length)
    {
        CheckPlace(offset, length);
        var errno = PosixFallocate(Descriptors.Number(file), offset, length);
        return errno == 0 ? Map(file, offset, length, ProtRead | ProtWrite, MapShared | MapPopulate) : null;
    }

    /// <summary>Maps the start of a file for reading.</summary>
    public static FileWindow Read(SafeFileHandle file, int length) => Map(file, 0, length, ProtRead, MapShared);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_address == null)
            return;
        _ = Unmap((nint)_address, (nuint)Length);
        _address = null;
    }

    private static FileWindow Map(SafeFileHandle file, long offset, int length, int protection, int flags)
    {
        var address = MapCall(0, (nuint)length, protection, flags, Descriptors.Number(file), offset);
        return address != -1 ? new FileWindow((byte*)address, offset, length) : throw HostException.Last("map a file");
    }

    private static void CheckPlace(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(offset % PageSize, 0);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
    }

    [LibraryImport("libc", EntryPoint = "posix_fallocate")]
    private static partial int PosixFallocate(int file, long offset, long length);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint MapCall(nint address, nuint length, int protection, int flags, int file, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(nint address, nuint length);
}
