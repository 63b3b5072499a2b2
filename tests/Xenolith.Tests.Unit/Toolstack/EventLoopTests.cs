using Xenolith.Host;
using Xenolith.Toolstack.Monitors;

namespace Xenolith.Tests.Unit.Toolstack;

/// <summary>The monitor's loop, turned inside itself: removing a domain waits for its console and its scripts.</summary>
public sealed class EventLoopTests
{
    private const int Generous = 60_000;

    [Fact]
    public void What_a_turn_inside_a_handler_took_is_not_announced_again()
    {
        var loop = new EventLoop();
        var (first, firstEnd) = Descriptors.Pipe();
        var (second, secondEnd) = Descriptors.Pipe();
        var taken = 0;
        loop.Add(first, PollEvents.Readable, _ =>
        {
            Descriptors.Read(first, new byte[8]);
            Assert.True(loop.RunUntil(() => taken > 0, Generous));
        });
        loop.Add(second, PollEvents.Readable, _ =>
        {
            taken++;
            Descriptors.Read(second, new byte[8]);
        });
        // The second one blocks for ever if it is read without need; this ends that.
        using var rescue = new Timer(_ => Descriptors.Write(secondEnd, [0]), null, Generous, Timeout.Infinite);
        using (first)
        using (firstEnd)
        using (second)
        using (secondEnd)
        {
            Descriptors.Write(firstEnd, [1]);
            Descriptors.Write(secondEnd, [1]);
            loop.Turn(Generous);
            Assert.Equal(1, taken);
        }
    }

    [Fact]
    public void A_source_that_a_turn_inside_removed_gives_its_place_to_no_other()
    {
        var loop = new EventLoop();
        var (first, firstEnd) = Descriptors.Pipe();
        var (quiet, quietEnd) = Descriptors.Pipe();
        var (last, lastEnd) = Descriptors.Pipe();
        var called = new List<string>();
        EventLoop.Source? source = null;
        source = loop.Add(first, PollEvents.Readable, _ =>
        {
            source!.Remove();
            Descriptors.Write(lastEnd, [1]);
            Assert.True(loop.RunUntil(() => called.Contains("last"), Generous));
        });
        loop.Add(quiet, PollEvents.Readable, _ => called.Add("quiet"));
        loop.Add(last, PollEvents.Readable, _ => called.Add("last"));
        using (first)
        using (firstEnd)
        using (quiet)
        using (quietEnd)
        using (last)
        using (lastEnd)
        {
            Descriptors.Write(firstEnd, [1]);
            loop.Turn(Generous);
            Assert.Equal(["last"], called);
        }
    }
}
