using System.Runtime.InteropServices;
using Xenolith.Host;

namespace Xenolith.Store.Client;

/// <summary>A connected stream socket.</summary>
internal sealed class SocketTransport(SafeHandle socket) : IStoreTransport
{
    /// <inheritdoc/>
    public int FileDescriptor => Descriptors.Number(socket);

    /// <summary>The socket itself, to be handed on.</summary>
    public SafeHandle Socket => socket;

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            var sent = StreamSocket.Send(socket, data);
            if (sent == 0)
                throw new HostException("send to xenstored", Errno.EPIPE);
            if (sent > 0)
                data = data[sent..];
            else
                Poller.WaitFor(socket, PollEvents.Writable, -1);
        }
    }

    /// <inheritdoc/>
    public int Receive(Span<byte> buffer, int milliseconds)
    {
        while (true)
        {
            if (milliseconds != 0 && !Poller.WaitFor(socket, PollEvents.Readable, milliseconds))
                return -1;
            var received = StreamSocket.Receive(socket, buffer);
            if (received != Descriptors.WouldBlock || milliseconds == 0)
                return received;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();
}
