using System.Collections.Immutable;
using System.Text;
using Xenolith.Store.Client;
using Xenolith.Store.Wire;
using Xenolith.Tests.Unit.Store.Model;

namespace Xenolith.Tests.Unit.Store;

/// <summary>
/// Random requests of the control domain and of two domains over the wire, with transactions, watches, permissions and quotas: every answer and every event
/// is what a simple model says. The same steps each time; XENOLITH_SEED makes others, XENOLITH_FUZZ_SECONDS more.
/// </summary>
public sealed class StoreModelTests
{
    private const int Steps = 150;
    private const int NoSuchTransaction = 77;

    private static readonly MessageType[] Kinds =
    [
        MessageType.Read, MessageType.Directory, MessageType.GetPermissions, MessageType.Write, MessageType.Write, MessageType.Write, MessageType.Mkdir,
        MessageType.Remove, MessageType.SetPermissions, MessageType.SetPermissions,
    ];

    private static readonly string[] Permissions = ["n0", "n5", "n6", "r5", "r6", "b5", "b6", "w5", "r0", "b0"];

    [Fact]
    public void Clients_on_sockets_see_what_the_model_sees() => Run(20, store => [store.Open(), store.Open(), store.Open()]);

    [Fact]
    public void Domains_on_rings_see_what_the_model_sees() => Run(12, store => [store.Open(), new RingTransport(store.OpenSocket()), new RingTransport(store.OpenSocket())]);

    private static void Run(int rounds, Func<ServedStore, IStoreTransport[]> connect)
    {
        foreach (var seed in FuzzSeeds.Take(rounds))
        {
            using var store = new ServedStore();
            var transports = connect(store);
            var trace = new List<string>();
            try
            {
                Play(new Random(seed), [.. transports.Zip((int[])[0, 5, 6], (transport, domid) => new Player(transport, domid))], trace);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed}, after\n{string.Join('\n', trace.TakeLast(40))}", e);
            }
            finally
            {
                Array.ForEach(transports, t => t.Dispose());
            }
        }
    }

    private static void Play(Random random, Player[] players, List<string> trace)
    {
        var control = players[0].Client;
        control.Mkdir("/t");
        control.SetPermissions("/t", "n0", "b5", "r6");
        foreach (var player in players[1..])
        {
            player.Client.Bind(player.Model.Domid);
            control.SetQuota(player.Model.Domid, "nodes", ModelTree.MostNodes);
            control.SetQuota(player.Model.Domid, "watches", ModelStore.MostWatches);
        }

        var model = new ModelStore(Everything(control));
        for (var step = 0; step < Steps; step++)
        {
            var player = players[random.Next(players.Length)];
            var (what, expected, seen) = player.Step(random, model);
            trace.Add($"{player.Model.Domid}: {what.Replace('\0', ' ')} = {seen.Replace('\0', ' ')}");
            Assert.True(expected == seen, $"{trace[^1]}, but the model says {expected.Replace('\0', ' ')}");
            foreach (var listener in players)
            {
                listener.CompareEvents();
            }
        }

        Assert.Equal(Text(model.Tree), Text(Everything(control)));
    }

    private static ModelTree Everything(StoreClient control)
    {
        var nodes = ImmutableSortedDictionary.CreateBuilder<string, ModelNode>(StringComparer.Ordinal);
        void Visit(string path)
        {
            nodes.Add(path, new(control.Read(path), [.. control.GetPermissions(path).Select(p => p.ToString())]));
            foreach (var name in control.List(path))
            {
                Visit(path == "/" ? $"/{name}" : $"{path}/{name}");
            }
        }

        Visit("/");
        return new(nodes.ToImmutable());
    }

    private static IEnumerable<string> Text(ModelTree tree) => tree.Nodes.Select(n => $"{n.Key} {string.Join(' ', n.Value.Permissions)} {n.Value.Value}");

    /// <summary>A client of the store with what the model knows of it.</summary>
    private sealed class Player(IStoreTransport transport, int domid)
    {
        private uint _transaction;

        public StoreClient Client { get; } = new(transport);

        public ModelClient Model { get; } = new(domid);

        public (string What, string Expected, string Seen) Step(Random random, ModelStore model)
        {
            var path = "/t" + string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => $"/{random.Next(3)}"));
            var token = $"k{random.Next(3)}";
            var depth = random.Next(-1, 3);
            switch (random.Next(12))
            {
                case 0 when Model.Transaction is null:
                    var number = Ask(MessageType.TransactionStart, 0, string.Empty);
                    _transaction = uint.Parse(number.TrimEnd('\0'));
                    model.Start(Model);
                    return ("start", number, number);
                case 0 or 1 when Model.Transaction is not null:
                    var commit = random.Next(4) > 0;
                    return ($"end {commit}", model.End(Model, commit), Ask(MessageType.TransactionEnd, _transaction, commit ? "T" : "F"));
                case 2:
                    return ($"watch {path} {token} {depth}", model.Watch(Model, path, token, depth), Ask(MessageType.Watch, 0, depth < 0 ? $"{path}\0{token}" : $"{path}\0{token}\0{depth}"));
                case 3:
                    return ($"unwatch {path} {token}", model.Unwatch(Model, path, token), Ask(MessageType.Unwatch, 0, $"{path}\0{token}"));
                case 4 when random.Next(5) == 0:
                    return ("read in no transaction", "ENOENT", Ask(MessageType.Read, NoSuchTransaction, path));
                default:
                    var type = Kinds[random.Next(Kinds.Length)];
                    var argument = type switch
                    {
                        MessageType.Write => $"v{random.Next(4)}",
                        MessageType.SetPermissions => string.Concat(Enumerable.Range(0, random.Next(1, random.Next(8) == 0 ? 8 : 4)).Select(_ => Permissions[random.Next(Permissions.Length)] + "\0")),
                        _ => string.Empty,
                    };
                    var inside = Model.Transaction is not null && random.Next(5) > 0;
                    // A value ends with the message, all else with a zero.
                    var payload = Encoding.ASCII.GetBytes($"{path}\0{argument}");
                    return ($"{type} {path} {argument}{(inside ? " inside" : string.Empty)}", model.Do(Model, inside, type, path, argument), Ask(type, inside ? _transaction : 0, payload));
            }
        }

        /// <summary>An answered request comes behind all events before it; which of the events of one change comes first is not promised.</summary>
        public void CompareEvents()
        {
            Ask(MessageType.GetDomainPath, 0, "0");
            var seen = new List<StoreEvent>();
            while (Client.TryNextEvent(out var happened))
            {
                seen.Add(happened);
            }

            Assert.Equal(Sorted(Model.Expected), Sorted(seen));
            Model.Expected.Clear();
        }

        private static string[] Sorted(IEnumerable<StoreEvent> events) => [.. events.Select(e => $"{e.Path} {e.Token}").Order(StringComparer.Ordinal)];

        private string Ask(MessageType type, uint transaction, string text) => Ask(type, transaction, Encoding.ASCII.GetBytes(text + "\0"));

        private string Ask(MessageType type, uint transaction, byte[] payload) =>
            Client.TryAsk(type, transaction, payload, out var reply) is var error && error != StoreError.None ? error.ToString() : Encoding.ASCII.GetString(reply);
    }
}
