using System.Runtime.InteropServices;

namespace Xenolith.Host;

/// <summary>
/// Bytes through a connected stream socket without blocking and without SIGPIPE, whatever the descriptor's own flags say.
/// Thread ownership: one sender and one receiver at a time.
/// </summary>
public static partial class StreamSocket
{
    private const int DontWait = 0x40;
    private const int NoSignal = 0x4000;

    /// <summary>Receives what is there: the number of bytes, 0 when the peer is gone, or <see cref="Descriptors.WouldBlock"/>.</summary>
    public static int Receive(SafeHandle socket, Span<byte> buffer)
    {
        while (true)
        {
            var count = ReceiveCall(Descriptors.Number(socket), ref MemoryMarshal.GetReference(buffer), buffer.Length, DontWait);
            if (count >= 0)
                return (int)count;
            switch (Marshal.GetLastPInvokeError())
            {
                case Errno.EINTR: continue;
                case Errno.EAGAIN: return Descriptors.WouldBlock;
                case Errno.ECONNRESET: return 0;
                case var errno: throw new HostException("receive from a socket", errno);
            }
        }
    }

    /// <summary>Sends what the socket takes now: the number of bytes, 0 when the peer is gone, or <see cref="Descriptors.WouldBlock"/>.</summary>
    public static int Send(SafeHandle socket, ReadOnlySpan<byte> data)
    {
        while (true)
        {
            var count = SendCall(Descriptors.Number(socket), ref MemoryMarshal.GetReference(data), data.Length, DontWait | NoSignal);
            if (count >= 0)
                return (int)count;
            switch (Marshal.GetLastPInvokeError())
            {
                case Errno.EINTR: continue;
                case Errno.EAGAIN: return Descriptors.WouldBlock;
                case Errno.ECONNRESET or Errno.EPIPE: return 0;
                case var errno: throw new HostException("send to a socket", errno);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static partial nint ReceiveCall(int socket, ref byte buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint SendCall(int socket, ref byte data, nint length, int flags);
}
