using Xenolith.Host;
using Xenolith.Toolstack.Control;
using Xenolith.Toolstack.Monitors;

namespace Xenolith.Tests.Unit.Toolstack;

/// <summary>What a monitor says to a domain process that does not read.</summary>
public sealed class DomainOutboxTests
{
    private const int Generous = 60_000, SocketHolds = 400;

    [Fact]
    public void Nothing_is_lost_or_out_of_order_and_descriptors_come_although_the_sender_closed_its_own()
    {
        var loop = new EventLoop();
        var (ours, theirs) = MessageChannel.Pair();
        using (ours)
        using (var peer = new MessageChannel(theirs))
        using (var outbox = new DomainOutbox(loop, ours))
        {
            for (var i = 0; i < SocketHolds; i++)
            {
                var (reader, writer) = Descriptors.Pipe();
                using (reader)
                using (writer)
                {
                    // Each message is large, so that the socket is full after a few.
                    Assert.True(outbox.TrySend(new Message("order").With("number", i).With("text", new string('x', 8000)), i % 100 == 99 ? [writer] : null));
                }
            }

            List<Microsoft.Win32.SafeHandles.SafeFileHandle> received = [];
            for (var i = 0; i < SocketHolds; i++)
            {
                Assert.True(loop.RunUntil(() => peer.Wait(0), Generous));
                Assert.Equal(i, peer.Receive(received)!.Number("number"));
            }

            Assert.Equal(SocketHolds / 100, received.Count);
            received.ForEach(d => d.Dispose());
        }
    }

    [Fact]
    public void What_waits_is_bounded_and_a_peer_that_is_gone_is_told()
    {
        var loop = new EventLoop();
        var (ours, theirs) = MessageChannel.Pair();
        using (ours)
        using (var outbox = new DomainOutbox(loop, ours))
        {
            var sent = 0;
            while (outbox.TrySend(new Message("order"), null))
            {
                Assert.True(++sent < 100_000, "it takes messages without bound");
            }

            theirs.Dispose();
            loop.Turn(Generous);
            Assert.False(outbox.TrySend(new Message("order"), null));
        }
    }
}
