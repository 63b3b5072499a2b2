using System.Text;
using Xenolith.Store.Client;
using Xenolith.Store.Wire;

namespace Xenolith.Tests.Unit.Store;

/// <summary>A domain's ring does not notice that the store behind it was restarted.</summary>
public class RingRelayTests
{
    [Fact]
    public void What_was_answered_is_not_asked_again_and_what_was_not_is()
    {
        var relay = new StoreRingRelay();
        var first = Message(MessageType.Read, 1, "/a\0");
        var second = Message(MessageType.Read, 2, "/b\0");
        Assert.True(relay.PassRequests([.. first, .. second]));
        List<byte> toRing = [];
        Assert.True(relay.PassReplies(Message(MessageType.Read, 1, "value"), toRing));
        Assert.Equal(Message(MessageType.Read, 1, "value"), toRing);
        Assert.Equal(second, relay.Reconnect());
    }

    [Fact]
    public void Half_a_request_is_sent_again_from_its_beginning()
    {
        var relay = new StoreRingRelay();
        var request = Message(MessageType.Write, 1, "/a\0value");
        Assert.True(relay.PassRequests(request.AsSpan(0, 20)));
        Assert.Equal(request[..20], relay.Reconnect());
        Assert.True(relay.PassRequests(request.AsSpan(20)));
        Assert.Equal(request, relay.Reconnect());
    }

    [Fact]
    public void Half_a_reply_never_reaches_the_ring()
    {
        var relay = new StoreRingRelay();
        var request = Message(MessageType.Read, 1, "/a\0");
        relay.PassRequests(request);
        List<byte> toRing = [];
        relay.PassReplies(Message(MessageType.Read, 1, "value").AsSpan(0, 18), toRing);
        Assert.Empty(toRing);
        Assert.Equal(request, relay.Reconnect());
        relay.PassReplies(Message(MessageType.Read, 1, "value"), toRing);
        Assert.Equal(Message(MessageType.Read, 1, "value"), toRing);
    }

    [Fact]
    public void Events_pass_and_answer_nothing()
    {
        var relay = new StoreRingRelay();
        var request = Message(MessageType.Read, 1, "/a\0");
        relay.PassRequests(request);
        List<byte> toRing = [];
        relay.PassReplies(Message(MessageType.WatchEvent, 0, "/a\0token\0"), toRing);
        Assert.NotEmpty(toRing);
        Assert.Equal(request, relay.Reconnect());
    }

    [Fact]
    public void A_message_longer_than_allowed_ends_it()
    {
        var header = new byte[MessageHeader.Size];
        new MessageHeader(MessageType.Write, 1, 0, 4097).Write(header);
        Assert.False(new StoreRingRelay().PassRequests(header));
        Assert.False(new StoreRingRelay().PassReplies(header, []));
    }

    [Fact]
    public void A_domain_that_asks_without_reading_answers_has_to_wait()
    {
        var relay = new StoreRingRelay();
        var request = Message(MessageType.Write, 1, new string('x', 4096));
        for (var i = 0; i < 16; i++)
            Assert.True(relay.PassRequests(request));
        Assert.True(relay.IsFull);
        relay.PassReplies(Message(MessageType.Write, 1, "OK\0"), []);
        Assert.False(relay.IsFull);
    }

    private static byte[] Message(MessageType type, uint request, string payload)
    {
        var bytes = new byte[MessageHeader.Size + payload.Length];
        new MessageHeader(type, request, 0, (uint)payload.Length).Write(bytes);
        Encoding.ASCII.GetBytes(payload, bytes.AsSpan(MessageHeader.Size));
        return bytes;
    }
}
