using Xenolith.Machine.Scheduling;

namespace Xenolith.Tests.Unit.Machine.Scheduling;

/// <summary>
/// The litmus test of sleeping without lost wake-ups: two threads hand a token to and fro. The control does it wrongly on purpose (the ticket is taken
/// after the condition was tested) and must get stuck, else the test proves nothing.
/// </summary>
public sealed class WakeWordTests
{
    private const int Rounds = 20_000;

    [Fact]
    public void No_wake_up_is_lost() => Assert.Equal(Rounds, PlayPingPong());

    [Fact]
    public void The_broken_order_loses_one()
    {
        var word = new WakeWord();
        var ready = false;
        var tested = ready;

        // Between the test and the ticket somebody sets the condition and wakes: the late ticket is valid and the sleep would not end by itself.
        ready = true;
        word.Wake();
        var lateTicket = word.Ticket;

        Assert.False(tested);
        Assert.Equal(lateTicket, word.Ticket);

        // A signal may end one sleep early; nothing but the deadline ends ten in a row.
        Assert.Contains(Enumerable.Range(0, 10), _ =>
        {
            var deadline = System.Diagnostics.Stopwatch.GetTimestamp() + 20_000_000;
            word.Sleep(lateTicket, deadline);
            return System.Diagnostics.Stopwatch.GetTimestamp() >= deadline;
        });
        Assert.True(ready);
    }

    private static int PlayPingPong()
    {
        var words = new[] { new WakeWord(), new WakeWord() };
        var turn = 0;
        var rounds = 0;
        var other = new Thread(() => Play(1)) { IsBackground = true };
        other.Start();
        Play(0);
        Assert.True(other.Join(TimeSpan.FromMinutes(1)));
        return rounds;

        void Play(int me)
        {
            for (var i = 0; i < Rounds; i++)
            {
                while (true)
                {
                    var ticket = words[me].Ticket;
                    if (Volatile.Read(ref turn) == me)
                    {
                        break;
                    }

                    words[me].Sleep(ticket, long.MaxValue);
                }

                rounds += me;
                Volatile.Write(ref turn, 1 - me);
                words[1 - me].Wake();
            }
        }
    }
}
