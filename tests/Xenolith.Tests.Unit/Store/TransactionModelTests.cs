using CsCheck;
using Xenolith.Store.Client;
using Xenolith.Store.Server;

namespace Xenolith.Tests.Unit.Store;

/// <summary>Transactions that commit have the effect of having run one after the other, in the order of their commits.</summary>
public class TransactionModelTests
{
    private static readonly Gen<(int Client, int Kind, int Key, int Other)> Steps = Gen.Select(Gen.Int[0, 3], Gen.Int[0, 6], Gen.Int[0, 5], Gen.Int[0, 5]);

    [Fact]
    public void Committed_transactions_are_serial() => Steps.Array[1, 120].Sample(steps =>
    {
        var store = new InProcessStore();
        var clients = Enumerable.Range(0, 4).Select(_ => new Runner(store.Connect())).ToArray();
        var committed = new List<Runner.Script>();
        foreach (var (client, kind, key, other) in steps)
        {
            if (clients[client].Step(kind, key, other) is { } script)
                committed.Add(script);
        }

        // The same scripts alone, one after the other: every read must give what it gave, and the end must be the same.
        var serial = new InProcessStore();
        var alone = serial.Connect();
        foreach (var script in committed)
            script.Repeat(alone);
        Assert.Equal(Runner.Dump(alone), Runner.Dump(store.Connect()));
    }, iter: 400);

    /// <summary>One client, which has a transaction open or acts without one.</summary>
    private sealed class Runner(StoreClient client)
    {
        private uint _transaction;
        private Script? _script;

        /// <summary>Takes a step; returns what took effect by it, if anything did.</summary>
        public Script? Step(int kind, int key, int other)
        {
            switch (kind)
            {
                case 0 when _transaction == 0:
                    _transaction = client.StartTransaction();
                    _script = new Script();
                    return null;
                case 0 or 1 when _transaction != 0:
                    var done = client.EndTransaction(_transaction, commit: true) ? _script : null;
                    _transaction = 0;
                    // One that only read took effect when it began, which no order of commits shows.
                    return done is { HasChanges: true } ? done : null;
                default:
                    var script = _transaction == 0 ? new Script() : _script!;
                    script.Do(client, _transaction, kind, key, other);
                    return _transaction == 0 ? script : null;
            }
        }

        public static List<string> Dump(StoreClient client)
        {
            var lines = new List<string>();
            void Visit(string path)
            {
                foreach (var name in client.List(path))
                {
                    var child = path == "/" ? $"/{name}" : $"{path}/{name}";
                    lines.Add($"{child}={client.Read(child)}");
                    Visit(child);
                }
            }

            Visit("/");
            return lines;
        }

        public sealed class Script
        {
            private readonly List<(int Kind, int Key, int Other, string Seen)> _acts = [];

            public bool HasChanges { get; private set; }

            public void Do(StoreClient client, uint transaction, int kind, int key, int other)
            {
                var seen = Act(client, transaction, kind, key, other);
                HasChanges |= kind is 2 or 3 || (kind == 4 && seen == "removed");
                _acts.Add((kind, key, other, seen));
            }

            public void Repeat(StoreClient client)
            {
                foreach (var (kind, key, other, seen) in _acts)
                    Assert.Equal(seen, Act(client, 0, kind, key, other));
            }

            private static string Act(StoreClient client, uint transaction, int kind, int key, int other)
            {
                var path = $"/m/k{key}/s{other % 2}";
                switch (kind)
                {
                    case 2:
                        client.Write(path, $"{other}", transaction);
                        return "";
                    case 3:
                        var value = client.TryRead($"/m/k{other}/s0", transaction) ?? "none";
                        client.Write(path, value.Length > 30 ? "long" : value + "+", transaction);
                        return value;
                    case 4:
                        var exists = client.Exists($"/m/k{key}", transaction);
                        client.TryRemove($"/m/k{key}", transaction);
                        return exists ? "removed" : "absent";
                    case 5:
                        return client.Exists("/m", transaction) ? string.Join(',', client.List("/m", transaction)) : "none";
                    default:
                        return client.TryRead(path, transaction) ?? "none";
                }
            }
        }
    }
}
