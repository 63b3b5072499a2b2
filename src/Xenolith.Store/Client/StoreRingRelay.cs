using Xenolith.Store.Wire;

namespace Xenolith.Store.Client;

/// <summary>
/// Stands between a domain's store ring and its connection to the store, so that the domain does not notice when the store restarts:
/// requests pass as they are and are remembered until they are answered, replies pass whole, and after <see cref="Reconnect"/> what was
/// not answered is asked again. Pure: whoever uses it moves the bytes.
/// <para>Thread ownership: one thread at a time.</para>
/// </summary>
/// <remarks>
/// The store makes the repetition harmless: writing twice is writing once, a watch that it kept is set again without an error, a commit
/// that it made just before it ended is answered with OK again, and any other transaction of before ends in EAGAIN, which every guest
/// answers by starting it anew. Events that were lost are made up for, because each watch fires once on the new connection.
/// </remarks>
public sealed class StoreRingRelay
{
    /// <summary>Bytes of unanswered requests from which on the domain has to wait; Linux has one request outstanding, Xen's quota is 20.</summary>
    private const int MostKept = 64 * 1024;

    private readonly Queue<byte[]> _unanswered = new();
    private readonly MessageCutter _requests = new();
    private readonly MessageCutter _replies = new();
    private int _keptBytes;

    /// <summary>Whether the domain must wait for replies before more of its requests are taken.</summary>
    public bool IsFull => _keptBytes >= MostKept;

    /// <summary>Sees bytes of requests on their way from the ring to the store. False: the domain broke the protocol, and the ring is of no more use.</summary>
    public bool PassRequests(ReadOnlySpan<byte> bytes) => _requests.Take(bytes, (in MessageHeader _, ReadOnlySpan<byte> message) =>
    {
        _unanswered.Enqueue(message.ToArray());
        _keptBytes += message.Length;
    });

    /// <summary>Takes bytes of replies from the store and appends those of whole messages to what goes to the ring. False: the store broke the protocol.</summary>
    public bool PassReplies(ReadOnlySpan<byte> bytes, List<byte> toRing)
    {
        ArgumentNullException.ThrowIfNull(toRing);
        return _replies.Take(bytes, (in MessageHeader header, ReadOnlySpan<byte> message) =>
        {
            toRing.AddRange(message);
            if (header.Type != MessageType.WatchEvent && _unanswered.TryDequeue(out var request))
                _keptBytes -= request.Length;
        });
    }

    /// <summary>The connection is a new one: what must be sent on it first, in place of all that had not gone out on the old one.</summary>
    public byte[] Reconnect()
    {
        _replies.Reset();
        return [.. _unanswered.SelectMany(message => message), .. _requests.Half];
    }
}
