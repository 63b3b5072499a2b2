using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Xenolith.Host;

/// <summary>
/// Reading, writing and marking plain file descriptors. Every descriptor that this assembly makes is close-on-exec.
/// Thread ownership: all members are free for all threads; the kernel orders concurrent calls.
/// </summary>
public static partial class Descriptors
{
    private const int FGetFl = 3;
    private const int FSetFl = 4;
    private const int FDupFdCloexec = 1030;
    private const int ONonblock = 0x800;

    /// <summary>What a read or write that would block returns.</summary>
    public const int WouldBlock = -1;

    /// <summary>
    /// The number of a descriptor, for poll sets, messages and /proc paths. Keep the handle alive while the number is used. A closed handle throws
    /// <see cref="ObjectDisposedException"/>: its number may be another file by now.
    /// </summary>
    public static int Number(SafeHandle descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        ObjectDisposedException.ThrowIf(descriptor.IsClosed, descriptor);
        return (int)descriptor.DangerousGetHandle();
    }

    /// <summary>Takes ownership of a descriptor number that came from outside (inherited or received).</summary>
    public static SafeFileHandle Own(int descriptor) => new(descriptor, ownsHandle: true);

    /// <summary>A second, close-on-exec descriptor of the same open file.</summary>
    /// <param name="descriptor">The file.</param>
    /// <param name="atLeast">The lowest number the copy may have.</param>
    public static SafeFileHandle Duplicate(SafeHandle descriptor, int atLeast = 0)
    {
        var copy = Fcntl(Number(descriptor), FDupFdCloexec, atLeast);
        GC.KeepAlive(descriptor);
        return copy >= 0 ? Own(copy) : throw HostException.Last("duplicate a descriptor");
    }

    /// <summary>Opens a file so that every write goes to its end, making it (mode 0640) if it is missing.</summary>
    public static SafeFileHandle OpenForAppend(string path)
    {
        const int WriteAppendCreateCloexecNofollow = 0x1 | 0x400 | 0x40 | 0x80000 | 0x20000;
        var descriptor = OpenCall(path, WriteAppendCreateCloexecNofollow, 0x1A0);
        return descriptor >= 0 ? Own(descriptor) : throw HostException.Last($"open {path}");
    }

    /// <summary>Opens a file to read.</summary>
    public static SafeFileHandle OpenForReading(string path)
    {
        const int Cloexec = 0x80000;
        var descriptor = OpenCall(path, Cloexec, 0);
        return descriptor >= 0 ? Own(descriptor) : throw HostException.Last($"open {path}");
    }

    /// <summary>Two ends of a new pipe.</summary>
    public static (SafeFileHandle Reader, SafeFileHandle Writer) Pipe()
    {
        const int Cloexec = 0x80000;
        Span<int> ends = stackalloc int[2];
        return PipeCall(ref MemoryMarshal.GetReference(ends), Cloexec) == 0 ? (Own(ends[0]), Own(ends[1])) : throw HostException.Last("make a pipe");
    }

    /// <summary>Opens a file to read and write; it must exist.</summary>
    public static SafeFileHandle OpenForWriting(string path)
    {
        const int ReadWriteCloexec = 0x2 | 0x80000;
        var descriptor = OpenCall(path, ReadWriteCloexec, 0);
        return descriptor >= 0 ? Own(descriptor) : throw HostException.Last($"open {path}");
    }

    /// <summary>Makes reads and writes return at once.</summary>
    public static void SetNonBlocking(SafeHandle descriptor, bool on = true)
    {
        var number = Number(descriptor);
        var flags = Fcntl(number, FGetFl, 0);
        if (flags < 0 || Fcntl(number, FSetFl, on ? flags | ONonblock : flags & ~ONonblock) < 0)
        {
            throw HostException.Last("set O_NONBLOCK");
        }
    }

    /// <summary>
    /// Reads once. Returns the number of bytes, 0 at the end, or <see cref="WouldBlock"/>. A connection dropped by its peer is an end, and so is
    /// a pty master without a slave.
    /// </summary>
    public static int Read(SafeHandle descriptor, Span<byte> buffer)
    {
        while (true)
        {
            var count = ReadCall(Number(descriptor), ref MemoryMarshal.GetReference(buffer), buffer.Length);
            if (count >= 0)
            {
                return (int)count;
            }

            switch (Marshal.GetLastPInvokeError())
            {
                case Errno.EINTR: continue;
                case Errno.EAGAIN: return WouldBlock;
                case Errno.ECONNRESET or Errno.EIO: return 0;
                case var errno: throw new HostException("read", errno);
            }
        }
    }

    /// <summary>
    /// Writes once. Returns the number of bytes taken, or <see cref="WouldBlock"/>; throws <see cref="HostException"/> with
    /// <see cref="Errno.EPIPE"/> if the reader is gone. (.NET ignores SIGPIPE for the whole process.)
    /// </summary>
    public static int Write(SafeHandle descriptor, ReadOnlySpan<byte> data)
    {
        while (true)
        {
            var count = WriteCall(Number(descriptor), ref MemoryMarshal.GetReference(data), data.Length);
            if (count >= 0)
            {
                return (int)count;
            }

            switch (Marshal.GetLastPInvokeError())
            {
                case Errno.EINTR: continue;
                case Errno.EAGAIN: return WouldBlock;
                case Errno.ECONNRESET: throw new HostException("write", Errno.EPIPE);
                case var errno: throw new HostException("write", errno);
            }
        }
    }

    /// <summary>Writes everything to a blocking descriptor (waits for a non-blocking one).</summary>
    public static void WriteAll(SafeHandle descriptor, ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            var count = Write(descriptor, data);
            if (count == WouldBlock)
            {
                Poller.WaitFor(descriptor, PollEvents.Writable, Timeout.Infinite);
                continue;
            }

            data = data[count..];
        }
    }

    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    private static partial int PipeCall(ref int ends, int flags);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Fcntl(int descriptor, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenCall(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint ReadCall(int descriptor, ref byte buffer, nint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteCall(int descriptor, ref byte buffer, nint count);
}
