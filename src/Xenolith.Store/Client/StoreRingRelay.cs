using Xenolith.Store.Wire;

namespace Xenolith.Store.Client;

/// <summary>
/// Stands between a domain's store ring and its connection to the store, so that the domain does not notice when the store restarts:
/// it passes bytes on as they are, remembers each request until its reply has passed, and after <see cref="Reconnect"/> asks again what
/// was not answered. Pure: whoever uses it moves the bytes.
/// <para>Thread ownership: one thread at a time.</para>
/// </summary>
/// <remarks>
/// The store makes the repetition harmless: writing twice is writing once, a watch that it kept is set again without an error, a commit
/// that it made just before it ended is answered with OK again, and any other transaction of before ends in EAGAIN, which every guest
/// answers by starting it anew. Events that were lost are made up for, because each watch fires once on the new connection.
/// </remarks>
public sealed class StoreRingRelay
{
    /// <summary>Requests may not be longer, so a domain that goes on without end is refused.</summary>
    private const int MostKept = 64 * 1024;

    private readonly List<byte[]> _unanswered = [];
    private readonly MessageCutter _requests = new();
    private readonly MessageCutter _replies = new();
    private int _keptBytes;
    private byte[] _half = [];

    /// <summary>Whether the domain must wait for replies before more of its requests are taken.</summary>
    public bool IsFull => _keptBytes >= MostKept;

    /// <summary>Takes bytes of requests from the ring; they are to be sent to the store as they are. False: the domain broke the protocol.</summary>
    public bool TakeRequests(ReadOnlySpan<byte> bytes) => _requests.Take(bytes, (_, message) =>
    {
        _unanswered.Add(message.ToArray());
        _keptBytes += message.Length;
    });

    /// <summary>Takes bytes of replies from the store; they are to be put into the ring as they are. False: the store broke the protocol.</summary>
    public bool TakeReplies(ReadOnlySpan<byte> bytes) => _replies.Take(bytes, (header, _) =>
    {
        if (header.Type == MessageType.WatchEvent || _unanswered.Count == 0)
            return;
        _keptBytes -= _unanswered[0].Length;
        _unanswered.RemoveAt(0);
    });

    /// <summary>
    /// The connection is a new one: what must be sent on it first, namely the requests without a reply and the part of one that has been
    /// taken from the ring. Of a reply that was cut off in the middle, <paramref name="complete"/> is what makes it whole for the domain.
    /// </summary>
    public byte[] Reconnect(out byte[] complete)
    {
        complete = _replies.Complete();
        if (complete.Length > 0 && _replies.Cut is { Type: not MessageType.WatchEvent } && _unanswered.Count > 0)
        {
            _keptBytes -= _unanswered[0].Length;
            _unanswered.RemoveAt(0);
        }

        _replies.Reset();
        _half = _requests.Half.ToArray();
        return [.. _unanswered.SelectMany(m => m), .. _half];
    }
}
