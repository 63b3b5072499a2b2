using CsCheck;
using Xenolith.Machine.Time;

namespace Xenolith.Tests.Unit.Machine.Time;

/// <summary>The heap of timers against a sorted list.</summary>
public sealed class DeadlineHeapTests
{
    [Fact]
    public void It_agrees_with_a_sorted_list_under_any_sequence_of_operations()
    {
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 19], Gen.Long[0, 50]).Array[0, 200].Sample(operations =>
        {
            var heap = new DeadlineHeap();
            var timers = Enumerable.Range(0, 20).Select(_ => new Deadline(() => { })).ToArray();
            var model = new Dictionary<Deadline, long>();
            foreach (var (operation, index, time) in operations)
            {
                switch (operation)
                {
                    case 0:
                        heap.Set(timers[index], time);
                        model[timers[index]] = time;
                        break;
                    case 1:
                        heap.Remove(timers[index]);
                        model.Remove(timers[index]);
                        break;
                    default:
                        var expired = heap.TakeExpired(time);
                        Assert.Equal(model.Count != 0 && model.Values.Min() <= time, expired is not null);
                        if (expired is not null)
                        {
                            Assert.Equal(model.Values.Min(), model[expired]);
                            model.Remove(expired);
                        }

                        break;
                }

                Assert.Equal(model.Count == 0 ? long.MaxValue : model.Values.Min(), heap.Earliest);
            }
        });
    }
}
