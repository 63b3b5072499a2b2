using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Xenolith.Host;

namespace Xenolith.Toolstack.Control;

/// <summary>
/// One end of a connection that carries <see cref="Message"/>s with descriptors.
/// Thread ownership: sending is free for all threads (one lock around the send); receiving belongs to one thread.
/// </summary>
public sealed class MessageChannel : IDisposable
{
    private readonly Lock _sending = new();
    private readonly byte[] _buffer = new byte[Message.MaxBytes];

    /// <summary>Takes ownership of a connected socket of kind <see cref="UnixSocketKind.Messages"/>.</summary>
    public MessageChannel(SafeFileHandle socket) => Socket = socket;

    /// <summary>The socket, for poll sets.</summary>
    public SafeFileHandle Socket { get; }

    /// <summary>Two connected ends: ours, and a socket to hand to another process.</summary>
    public static (MessageChannel Ours, SafeFileHandle Theirs) Pair()
    {
        var (first, second) = UnixSockets.Pair(UnixSocketKind.Messages);
        return (new(first), second);
    }

    /// <summary>Sends; false if the peer is gone, or if it takes nothing and <paramref name="wait"/> is false.</summary>
    public bool TrySend(Message message, IReadOnlyList<SafeHandle>? descriptors = null, bool wait = true)
    {
        ArgumentNullException.ThrowIfNull(message);
        return Send(message.ToBytes(), descriptors, wait) == SendResult.Sent;
    }

    /// <summary>Sends a message's wire form without waiting, and tells whether it is worth trying again.</summary>
    internal SendResult Offer(byte[] message, IReadOnlyList<SafeHandle>? descriptors) => Send(message, descriptors, wait: false);

    /// <summary>
    /// The next message, waiting for it; null when the peer is gone. Descriptors that came with it are added to <paramref name="received"/>,
    /// or closed if that is null. A malformed message throws <see cref="InvalidDataException"/>.
    /// </summary>
    public Message? Receive(List<SafeFileHandle>? received = null)
    {
        var descriptors = received ?? [];
        var count = MessageSocket.Receive(Socket, _buffer, descriptors);
        if (received is null)
        {
            descriptors.ForEach(d => d.Dispose());
        }

        return count == 0 ? null : Message.FromBytes(_buffer.AsSpan(0, count));
    }

    /// <summary>Waits until a message or the peer's end can be received; false after the timeout.</summary>
    public bool Wait(int milliseconds) => Poller.WaitFor(Socket, PollEvents.Readable, milliseconds);

    /// <inheritdoc/>
    public void Dispose() => Socket.Dispose();

    private SendResult Send(byte[] message, IReadOnlyList<SafeHandle>? descriptors, bool wait)
    {
        lock (_sending)
        {
            try
            {
                return MessageSocket.Send(Socket, message, descriptors, wait) ? SendResult.Sent : SendResult.Full;
            }
            catch (HostException e) when (e.Errno == Errno.EPIPE)
            {
                return SendResult.Gone;
            }
        }
    }
}
