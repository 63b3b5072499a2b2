using System.Runtime.InteropServices;

namespace Xenolith.Host;

/// <summary>Owner, mode and identity of an open file.</summary>
/// <param name="Uid">User id of the owner.</param>
/// <param name="Mode">File type and permission bits.</param>
/// <param name="Inode">Its number in its file system.</param>
/// <param name="FileSystem">The device number of its file system, major in the upper half.</param>
/// <param name="Device">For a device node, the device's own number, major in the upper half.</param>
public readonly unsafe partial record struct FileStatus(uint Uid, int Mode, ulong Inode, ulong FileSystem, ulong Device)
{
    private const int AtEmptyPath = 0x1000;
    private const uint Wanted = 0x1 | 0x2 | 0x8 | 0x100;
    private const int TypeMask = 0xF000;

    /// <summary>It is a regular file.</summary>
    public bool IsRegular => (Mode & TypeMask) == 0x8000;

    /// <summary>It is a block device.</summary>
    public bool IsBlockDevice => (Mode & TypeMask) == 0x6000;

    /// <summary>Asks the kernel (statx).</summary>
    public static FileStatus Of(SafeHandle file)
    {
        var buffer = stackalloc byte[256];
        // SAFETY: struct statx is 256 bytes by the kernel's ABI; stx_uid is at 20, stx_mode at 28, stx_ino at 32, the device numbers from 128 on.
        return Statx(Descriptors.Number(file), string.Empty, AtEmptyPath, Wanted, buffer) == 0
            ? new(*(uint*)(buffer + 20), *(ushort*)(buffer + 28), *(ulong*)(buffer + 32), Pair(buffer + 136), Pair(buffer + 128))
            : throw HostException.Last("read a file's owner");
    }

    private static ulong Pair(byte* majorAndMinor) => (ulong)*(uint*)majorAndMinor << 32 | *(uint*)(majorAndMinor + 4);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int directory, string path, int flags, uint mask, byte* buffer);
}
