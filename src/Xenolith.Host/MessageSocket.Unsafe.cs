using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Xenolith.Host;

/// <summary>
/// Messages with descriptors over an AF_UNIX socket of kind <see cref="UnixSocketKind.Messages"/> (SCM_RIGHTS). Received descriptors are
/// close-on-exec. Thread ownership: one sender and one receiver at a time.
/// </summary>
public static unsafe partial class MessageSocket
{
    private const int SolSocket = 1;
    private const int ScmRights = 1;
    private const int NoSignal = 0x4000;
    private const int DontWait = 0x40;
    private const int CmsgCloexec = 0x40000000;
    private const int Truncated = 0x20;
    private const int ControlTruncated = 0x08;
    private const int ControlHeader = 16;

    /// <summary>The most descriptors that one message carries.</summary>
    public const int MaxDescriptors = 16;

    /// <summary>Sends one message; false if it would block and <paramref name="wait"/> is false. A peer that is gone throws with <see cref="Errno.EPIPE"/>.</summary>
    public static bool Send(SafeHandle socket, ReadOnlySpan<byte> data, IReadOnlyList<SafeHandle>? descriptors = null, bool wait = true)
    {
        var count = descriptors?.Count ?? 0;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MaxDescriptors);
        var control = stackalloc byte[ControlHeader + (MaxDescriptors * sizeof(int))];
        // SAFETY: the kernel reads the two buffers during the call only; the control buffer holds a header and at most MaxDescriptors numbers.
        fixed (byte* bytes = data)
        {
            var vector = new IoVector { Base = bytes, Length = (nuint)data.Length };
            var message = new MessageHeader { Vectors = &vector, VectorCount = 1 };
            if (count > 0)
            {
                *(nuint*)control = (nuint)(ControlHeader + (count * sizeof(int)));
                ((int*)control)[2] = SolSocket;
                ((int*)control)[3] = ScmRights;
                for (var i = 0; i < count; i++)
                {
                    ((int*)(control + ControlHeader))[i] = Descriptors.Number(descriptors![i]);
                }

                message.Control = control;
                message.ControlLength = (nuint)(ControlHeader + (((count * sizeof(int)) + 7) & ~7));
            }

            while (SendMsg(Descriptors.Number(socket), &message, NoSignal | (wait ? 0 : DontWait)) < 0)
            {
                switch (Marshal.GetLastPInvokeError())
                {
                    case Errno.EINTR: continue;
                    case Errno.EAGAIN when !wait: return false;
                    case Errno.EAGAIN: Poller.WaitFor(socket, PollEvents.Writable, Timeout.Infinite); continue;
                    case Errno.ECONNRESET: throw new HostException("send a message", Errno.EPIPE);
                    case var errno: throw new HostException("send a message", errno);
                }
            }
        }

        GC.KeepAlive(descriptors);
        return true;
    }

    /// <summary>
    /// Receives one message. Returns its size, 0 when the peer is gone, or <see cref="Descriptors.WouldBlock"/>. A message larger than the
    /// buffer, or with more descriptors than allowed, throws <see cref="InvalidDataException"/>; nothing leaks.
    /// </summary>
    /// <param name="socket">The socket.</param>
    /// <param name="buffer">Room for the message.</param>
    /// <param name="received">Descriptors that came with it are added here.</param>
    /// <param name="wait">Wait for a message.</param>
    public static int Receive(SafeHandle socket, Span<byte> buffer, List<SafeFileHandle> received, bool wait = true)
    {
        ArgumentNullException.ThrowIfNull(received);
        var control = stackalloc byte[ControlHeader + (MaxDescriptors * sizeof(int))];
        // SAFETY: the kernel writes at most the given lengths into the two buffers during the call; descriptors are read only as far as it says.
        fixed (byte* bytes = buffer)
        {
            while (true)
            {
                var vector = new IoVector { Base = bytes, Length = (nuint)buffer.Length };
                var message = new MessageHeader
                {
                    Vectors = &vector,
                    VectorCount = 1,
                    Control = control,
                    ControlLength = ControlHeader + (MaxDescriptors * sizeof(int)),
                };
                var count = RecvMsg(Descriptors.Number(socket), &message, CmsgCloexec | (wait ? 0 : DontWait));
                if (count < 0)
                {
                    switch (Marshal.GetLastPInvokeError())
                    {
                        case Errno.EINTR: continue;
                        case Errno.EAGAIN: return Descriptors.WouldBlock;
                        case Errno.ECONNRESET: return 0;
                        case var errno: throw new HostException("receive a message", errno);
                    }
                }

                if (message.ControlLength >= ControlHeader && ((int*)control)[2] == SolSocket && ((int*)control)[3] == ScmRights)
                {
                    var descriptors = ((int)*(nuint*)control - ControlHeader) / sizeof(int);
                    for (var i = 0; i < descriptors; i++)
                    {
                        received.Add(Descriptors.Own(((int*)(control + ControlHeader))[i]));
                    }
                }

                if ((message.Flags & (Truncated | ControlTruncated)) != 0)
                {
                    received.ForEach(d => d.Dispose());
                    received.Clear();
                    throw new InvalidDataException("a message was larger than the protocol allows");
                }

                return (int)count;
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    private static partial nint SendMsg(int socket, MessageHeader* message, int flags);

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    private static partial nint RecvMsg(int socket, MessageHeader* message, int flags);

    /// <summary>struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct IoVector
    {
        public byte* Base;
        public nuint Length;
    }

    /// <summary>struct msghdr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct MessageHeader
    {
        public byte* Name;
        public int NameLength;
        public IoVector* Vectors;
        public nuint VectorCount;
        public byte* Control;
        public nuint ControlLength;
        public int Flags;
    }
}
