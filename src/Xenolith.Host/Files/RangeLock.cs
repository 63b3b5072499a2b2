using System.Runtime.InteropServices;

namespace Xenolith.Host.Files;

/// <summary>
/// Locks of ranges of an open file: they belong to the open file, so they are held as long as any process has it and go
/// when the last one closes it, however it ends. They are advisory, and may lie far behind the end of the file.
/// <para>Thread ownership: all members are free for all threads.</para>
/// </summary>
public static class RangeLock
{
    /// <summary>Takes, or turns an own lock into, a shared lock; false if another open file has an exclusive one. The file must be readable.</summary>
    public static bool TryShare(SafeHandle file, long start, long length = 1) => Set(file, OpenFileLockKind.Shared, start, length);

    /// <summary>Takes an exclusive lock; false if another open file has any lock there. The file must be writable.</summary>
    public static bool TryExclude(SafeHandle file, long start, long length = 1) => Set(file, OpenFileLockKind.Exclusive, start, length);

    /// <summary>Gives a lock up.</summary>
    public static void Release(SafeHandle file, long start, long length = 1) => Set(file, OpenFileLockKind.None, start, length);

    private static bool Set(SafeHandle file, OpenFileLockKind kind, long start, long length) =>
        OpenFileLocks.TrySet(file, kind, start, length, wait: false, () => "lock a range of a file");
}
