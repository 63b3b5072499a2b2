using CsCheck;
using Xenolith.Store.Client;
using Xenolith.Store.Server;

namespace Xenolith.Tests.Unit.Store;

/// <summary>Watches hear what a simple reading of the protocol says they hear, in that order.</summary>
public class WatchModelTests
{
    private static readonly Gen<string> Paths = Gen.Int[0, 3].Array[1, 3].Select(parts => string.Concat(parts.Select(p => $"/{p}")));

    private static readonly Gen<(int Kind, string Path, int Depth)> Steps = Gen.Select(Gen.Int[0, 5], Paths, Gen.Int[-1, 2]);

    [Fact]
    public void Events_match_the_model() => Steps.Array[1, 150].Sample(steps =>
    {
        var store = new InProcessStore();
        using var client = store.Connect();
        using var watcher = store.Connect();
        var nodes = new SortedSet<string>(StringComparer.Ordinal);
        var watches = new List<(string Path, int Depth, string Token)>();
        var tokens = 0;
        foreach (var (kind, path, depth) in steps)
        {
            var expected = new List<StoreEvent>();
            switch (kind)
            {
                case 0:
                    var token = $"{path}:{depth}:{tokens++}";
                    watcher.Watch(path, token, depth);
                    watches.Add((path, depth, token));
                    expected.Add(new(path, token));
                    break;
                case 1 when watches.Count > 0:
                    var ended = watches[path.Length % watches.Count];
                    watcher.Unwatch(ended.Path, ended.Token);
                    watches.Remove(ended);
                    break;
                case 2 when nodes.Contains(path):
                    client.Remove(path);
                    var gone = nodes.Where(n => n == path || n.StartsWith(path + "/", StringComparison.Ordinal)).ToHashSet();
                    expected.AddRange(watches.Where(w => w.Path != path && gone.Contains(w.Path)).Select(w => new StoreEvent(w.Path, w.Token)));
                    expected.AddRange(Heard(watches, path));
                    nodes.ExceptWith(gone);
                    break;
                case >= 3:
                    client.Write(path, "x");
                    for (var end = path.Length; end > 0; end = path.LastIndexOf('/', end - 1))
                        nodes.Add(path[..end]);
                    expected.AddRange(Heard(watches, path));
                    break;
            }

            var seen = new List<StoreEvent>();
            while (watcher.TryNextEvent(out var happened))
                seen.Add(happened);
            Assert.Equal(expected.Order(Comparer<StoreEvent>.Create(Compare)), seen.Order(Comparer<StoreEvent>.Create(Compare)));
        }
    }, iter: 300);

    private static IEnumerable<StoreEvent> Heard(List<(string Path, int Depth, string Token)> watches, string changed) =>
        from watch in watches
        where changed == watch.Path || changed.StartsWith(watch.Path + "/", StringComparison.Ordinal)
        let levels = changed.Count(c => c == '/') - watch.Path.Count(c => c == '/')
        where watch.Depth < 0 || levels <= watch.Depth
        select new StoreEvent(changed, watch.Token);

    private static int Compare(StoreEvent a, StoreEvent b) =>
        string.CompareOrdinal(a.Path, b.Path) is var order && order != 0 ? order : string.CompareOrdinal(a.Token, b.Token);
}
