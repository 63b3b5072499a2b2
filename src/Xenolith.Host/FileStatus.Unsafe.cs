using System.Runtime.InteropServices;

namespace Xenolith.Host;

/// <summary>Owner and mode of an open file.</summary>
/// <param name="Uid">User id of the owner.</param>
/// <param name="Mode">File type and permission bits.</param>
public readonly unsafe partial record struct FileStatus(uint Uid, int Mode)
{
    private const int AtEmptyPath = 0x1000;
    private const uint WantModeAndUid = 0x2 | 0x8;

    /// <summary>Asks the kernel (statx).</summary>
    public static FileStatus Of(SafeHandle file)
    {
        var buffer = stackalloc byte[256];
        // SAFETY: struct statx is 256 bytes by the kernel's ABI; stx_uid is at 20 and stx_mode at 28.
        return Statx(Descriptors.Number(file), string.Empty, AtEmptyPath, WantModeAndUid, buffer) == 0
            ? new(*(uint*)(buffer + 20), *(ushort*)(buffer + 28))
            : throw HostException.Last("read a file's owner");
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int directory, string path, int flags, uint mask, byte* buffer);
}
