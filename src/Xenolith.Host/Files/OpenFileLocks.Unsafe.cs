using System.Runtime.InteropServices;

namespace Xenolith.Host.Files;

/// <summary>
/// The kernel's calls for locks that belong to an open file (F_OFD_SETLK and its kin): what <see cref="FileLock"/> and <see cref="RangeLock"/> are
/// made of. A range of start 0 and length 0 is the whole file.
/// <para>Thread ownership: all members are free for all threads.</para>
/// </summary>
internal static unsafe partial class OpenFileLocks
{
    private const int OfdGetLk = 36;
    private const int OfdSetLk = 37;
    private const int OfdSetLkWait = 38;

    /// <summary>Sets or gives up a lock. False if another open file's lock is in the way, which cannot be if it waits.</summary>
    /// <param name="file">The open file that will hold it.</param>
    /// <param name="kind">What to set.</param>
    /// <param name="start">The first byte, which may lie behind the end of the file.</param>
    /// <param name="length">Bytes; 0: all from there.</param>
    /// <param name="wait">Wait for whoever is in the way.</param>
    /// <param name="action">What is being done, for an error's words.</param>
    /// <exception cref="HostException">The file system has no locks, or there is no memory for one.</exception>
    public static bool TrySet(SafeHandle file, OpenFileLockKind kind, long start, long length, bool wait, Func<string> action)
    {
        var request = new Request { Kind = (short)kind, Start = start, Length = length };
        // SAFETY: the kernel reads one struct flock from a local of that layout; the call keeps nothing.
        while (Fcntl(Descriptors.Number(file), wait ? OfdSetLkWait : OfdSetLk, &request) != 0)
        {
            switch (Marshal.GetLastPInvokeError())
            {
                case Errno.EINTR: continue;
                case Errno.EAGAIN or Errno.EACCES: return false;
                case var errno: throw new HostException(action(), errno);
            }
        }

        return true;
    }

    /// <summary>Would another open file's lock keep this one from being exclusively locked as a whole? Takes nothing.</summary>
    public static bool IsExcluded(SafeHandle file, Func<string> action)
    {
        var request = new Request { Kind = (short)OpenFileLockKind.Exclusive };
        // SAFETY: the kernel writes one struct flock into a local of that layout; the call keeps nothing.
        return Fcntl(Descriptors.Number(file), OfdGetLk, &request) == 0
            ? request.Kind != (short)OpenFileLockKind.None
            : throw HostException.Last(action());
    }

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Fcntl(int descriptor, int command, Request* request);

    /// <summary>struct flock of x86-64; pid must be 0 for locks of open files.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Request
    {
        public short Kind;
        public short Whence;
        public long Start;
        public long Length;
        public int Pid;
    }
}
