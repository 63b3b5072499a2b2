using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Xenolith.Host;

/// <summary>
/// A lock of an open file (F_OFD_SETLK): it is held as long as any process has this open file, however that process ends. So a held lock says
/// "alive", and asking (<see cref="IsHeld"/>) takes nothing and disturbs nobody.
/// <para>Thread ownership: a lock object belongs to whoever took it; dispose it once.</para>
/// </summary>
public sealed unsafe partial class FileLock : IDisposable
{
    private const int OfdGetLk = 36;
    private const int OfdSetLk = 37;
    private const int OfdSetLkWait = 38;
    private const short Unlocked = 2;
    private const short WriteLocked = 1;

    private readonly SafeFileHandle _file;

    private FileLock(SafeFileHandle file) => _file = file;

    /// <summary>The locked file; a child that inherits it keeps the lock.</summary>
    public SafeFileHandle File => _file;

    /// <summary>Takes the lock of a file in a directory, making the file; waits for its holder.</summary>
    public static FileLock Take(DirectoryHandle directory, string name) =>
        Try(directory, name, OfdSetLkWait) ?? throw new HostException($"lock {directory.Path}/{name}", Errno.EAGAIN);

    /// <summary>Takes the lock if nobody holds it, else returns null.</summary>
    public static FileLock? TryTake(DirectoryHandle directory, string name) => Try(directory, name, OfdSetLk);

    /// <summary>Is the lock held by a living process? A missing file is not locked.</summary>
    public static bool IsHeld(DirectoryHandle directory, string name)
    {
        ArgumentNullException.ThrowIfNull(directory);
        using var file = directory.TryOpenFile(name, create: false, writable: false);
        if (file is null)
        {
            return false;
        }

        var request = new LockRequest { Kind = WriteLocked };
        // SAFETY: the kernel writes one struct flock into a local of that layout; the call keeps nothing.
        return Fcntl(Descriptors.Number(file), OfdGetLk, &request) == 0
            ? request.Kind != Unlocked
            : throw HostException.Last($"ask for the lock of {directory.Path}/{name}");
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static FileLock? Try(DirectoryHandle directory, string name, int command)
    {
        ArgumentNullException.ThrowIfNull(directory);
        var file = directory.TryOpenFile(name, create: true)!;
        var request = new LockRequest { Kind = WriteLocked };
        // SAFETY: the kernel reads one struct flock from a local of that layout; the call keeps nothing.
        while (Fcntl(Descriptors.Number(file), command, &request) != 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            if (errno == Errno.EINTR)
            {
                continue;
            }

            file.Dispose();
            return errno is Errno.EAGAIN or Errno.EACCES ? null : throw new HostException($"lock {directory.Path}/{name}", errno);
        }

        return new(file);
    }

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Fcntl(int descriptor, int command, LockRequest* request);

    /// <summary>struct flock of x86-64: the whole file is start 0, length 0; pid must be 0 for locks of open files.</summary>
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
