using System.Runtime.InteropServices;

namespace Xenolith.Host.Files;

/// <summary>
/// Locks of ranges of an open file (F_OFD_SETLK): they belong to the open file, so they are held as long as any process has it and go
/// when the last one closes it, however it ends. They are advisory, and may lie far behind the end of the file.
/// <para>Thread ownership: all members are free for all threads.</para>
/// </summary>
public static unsafe partial class RangeLock
{
    private const int OfdSetLk = 37;
    private const short Read = 0, Write = 1, None = 2;

    /// <summary>Takes, or turns an own lock into, a shared lock; false if another open file has an exclusive one. The file must be readable.</summary>
    public static bool TryShare(SafeHandle file, long start, long length = 1) => Set(file, Read, start, length);

    /// <summary>Takes an exclusive lock; false if another open file has any lock there. The file must be writable.</summary>
    public static bool TryExclude(SafeHandle file, long start, long length = 1) => Set(file, Write, start, length);

    /// <summary>Gives a lock up.</summary>
    public static void Release(SafeHandle file, long start, long length = 1) => Set(file, None, start, length);

    private static bool Set(SafeHandle file, short kind, long start, long length)
    {
        var request = new LockRequest { Kind = kind, Start = start, Length = length };
        // SAFETY: the kernel reads one struct flock from a local of that layout; the call keeps nothing.
        while (Fcntl(Descriptors.Number(file), OfdSetLk, &request) != 0)
        {
            switch (Marshal.GetLastPInvokeError())
            {
                case Errno.EINTR: continue;
                case Errno.EAGAIN or Errno.EACCES: return false;
                case var errno: throw new HostException("lock a range of a file", errno);
            }
        }

        return true;
    }

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Fcntl(int descriptor, int command, LockRequest* request);

    /// <summary>struct flock of x86-64; pid must be 0 for locks of open files.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct LockRequest
    {
        public short Kind;
        public short Whence;
        public long Start;
        public long Length;
        public int Pid;
    }
}
