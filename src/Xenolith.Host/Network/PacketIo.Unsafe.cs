using System.Runtime.InteropServices;
using Xenolith.Host.Files;

namespace Xenolith.Host.Network;

/// <summary>
/// Whole messages gathered from and scattered to memory that is not .NET's (a guest's pages), through sockets and TAPs, without waiting and
/// without allocating. Any thread; the memory is the caller's promise.
/// </summary>
public static unsafe partial class PacketIo
{
    /// <summary>Runs of one call at most.</summary>
    public const int MaxRuns = 32;

    private const int DontWait = 0x40, NoSignal = 0x4000, Truncate = 0x20;

    /// <summary>Sends one message. 0 when it is sent, or an errno (EAGAIN: no room now).</summary>
    public static int Send(SafeHandle socket, ReadOnlySpan<MemoryRun> runs)
    {
        // SAFETY: the kernel reads the runs during the call only.
        fixed (MemoryRun* first = runs)
        {
            var message = new MessageHeader { Runs = first, RunCount = (nuint)runs.Length };
            while (SendMessage(Descriptors.Number(socket), &message, DontWait | NoSignal) < 0)
            {
                if (Marshal.GetLastPInvokeError() is var errno and not Errno.EINTR)
                {
                    return errno;
                }
            }
        }

        return 0;
    }

    /// <summary>Sends as much of the runs as a stream takes now: bytes, or a negative errno.</summary>
    public static int SendSome(SafeHandle socket, ReadOnlySpan<MemoryRun> runs)
    {
        // SAFETY: as above.
        fixed (MemoryRun* first = runs)
        {
            var message = new MessageHeader { Runs = first, RunCount = (nuint)runs.Length };
            while (true)
            {
                var count = SendMessage(Descriptors.Number(socket), &message, DontWait | NoSignal);
                if (count >= 0)
                {
                    return (int)count;
                }

                if (Marshal.GetLastPInvokeError() is var errno and not Errno.EINTR)
                {
                    return -errno;
                }
            }
        }
    }

    /// <summary>Receives one message: its whole length, which may be more than the runs hold; or a negative errno. 0: the peer is gone.</summary>
    public static int Receive(SafeHandle socket, ReadOnlySpan<MemoryRun> runs)
    {
        // SAFETY: the kernel writes at most the runs' lengths during the call.
        fixed (MemoryRun* first = runs)
        {
            while (true)
            {
                var message = new MessageHeader { Runs = first, RunCount = (nuint)runs.Length };
                var count = ReceiveMessage(Descriptors.Number(socket), &message, DontWait | Truncate);
                if (count >= 0)
                {
                    return (int)count;
                }

                if (Marshal.GetLastPInvokeError() is var errno and not Errno.EINTR)
                {
                    return -errno;
                }
            }
        }
    }

    /// <summary>writev(2) of one packet to a non-blocking TAP: 0 or an errno.</summary>
    public static int Write(SafeHandle device, ReadOnlySpan<MemoryRun> runs)
    {
        // SAFETY: the kernel reads the runs during the call only.
        fixed (MemoryRun* first = runs)
        {
            while (WriteVector(Descriptors.Number(device), first, runs.Length) < 0)
            {
                if (Marshal.GetLastPInvokeError() is var errno and not Errno.EINTR)
                {
                    return errno;
                }
            }
        }

        return 0;
    }

    /// <summary>readv(2) of one packet from a non-blocking TAP: bytes that fitted, or a negative errno.</summary>
    public static int Read(SafeHandle device, ReadOnlySpan<MemoryRun> runs)
    {
        // SAFETY: the kernel writes at most the runs' lengths during the call.
        fixed (MemoryRun* first = runs)
        {
            while (true)
            {
                var count = ReadVector(Descriptors.Number(device), first, runs.Length);
                if (count >= 0)
                {
                    return (int)count;
                }

                if (Marshal.GetLastPInvokeError() is var errno and not Errno.EINTR)
                {
                    return -errno;
                }
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    private static partial nint SendMessage(int socket, MessageHeader* message, int flags);

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    private static partial nint ReceiveMessage(int socket, MessageHeader* message, int flags);

    [LibraryImport("libc", EntryPoint = "writev", SetLastError = true)]
    private static partial nint WriteVector(int descriptor, MemoryRun* runs, int count);

    [LibraryImport("libc", EntryPoint = "readv", SetLastError = true)]
    private static partial nint ReadVector(int descriptor, MemoryRun* runs, int count);

    /// <summary>struct msghdr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct MessageHeader
    {
        public byte* Name;
        public int NameLength;
        public MemoryRun* Runs;
        public nuint RunCount;
        public byte* Control;
        public nuint ControlLength;
        public int Flags;
    }
}
