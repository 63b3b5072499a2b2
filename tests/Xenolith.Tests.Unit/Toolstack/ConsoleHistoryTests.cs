using CsCheck;
using Xenolith.Toolstack.Consoles;

namespace Xenolith.Tests.Unit.Toolstack;

/// <summary>The ring of console output: bounded, and exact about what it still has.</summary>
public sealed class ConsoleHistoryTests
{
    private const int Capacity = 40_000;

    [Fact]
    public void It_holds_the_end_of_the_stream_and_knows_where_it_begins()
    {
        Gen.Int[0, 50_000].Array[1, 12].Sample(
            lengths =>
            {
                var history = new ConsoleHistory(Capacity);
                var whole = new List<byte>();
                foreach (var length in lengths)
                {
                    var piece = Enumerable.Range(whole.Count, length).Select(i => (byte)(i * 31)).ToArray();
                    whole.AddRange(piece);
                    history.Append(piece);
                    Assert.Equal(whole.Count, history.End);
                    Assert.Equal(whole.Skip((int)history.Start), Contents(history));
                    Assert.True(history.End - history.Start <= Capacity);
                    Assert.True(history.End - history.Start >= Math.Min(whole.Count, 1));
                }
            },
            iter: 30);
    }

    [Fact]
    public void Room_is_what_a_reader_at_a_position_does_not_lose()
    {
        var history = new ConsoleHistory(Capacity);
        history.Append(new byte[30_000]);

        Assert.Equal(10_000, history.RoomBefore(0));
        history.Append(new byte[10_000]);
        Assert.Equal((0, 0L), (history.RoomBefore(0), history.Start));
        Assert.Equal(25_000, history.RoomBefore(25_000));
    }

    private static List<byte> Contents(ConsoleHistory history)
    {
        var bytes = new List<byte>();
        for (var position = history.Start; position < history.End;)
        {
            var piece = history.At(position);
            bytes.AddRange(piece.ToArray());
            position += piece.Length;
        }

        return bytes;
    }
}
