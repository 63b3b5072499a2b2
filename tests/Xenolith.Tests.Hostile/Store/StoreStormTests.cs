using System.Collections.Concurrent;
using System.Globalization;
using Xenolith.Host;
using Xenolith.Store.Client;
using Xenolith.Store.Server;

namespace Xenolith.Tests.Hostile.Store;

/// <summary>
/// xenstored is killed again and again while many clients write, commit and watch, and while its journal is begun anew: what was answered is there,
/// transactions are whole, and the watch of a domain misses no change for good.
/// </summary>
public sealed class StoreStormTests : StoreRun
{
    private const int Writers = 4, Rounds = 10;

    /// <summary>Large values, so that the journal grows by megabytes between two kills and is begun anew under way.</summary>
    private static readonly string Padding = new('x', 3000);

    private readonly int[] _answered = new int[Writers];
    private readonly ConcurrentQueue<Exception> _wrong = [];
    private volatile bool _stopping, _watched;

    [Fact]
    public void Nothing_that_was_answered_is_lost_however_often_it_is_killed()
    {
        using (var first = StoreDaemon.Connect(Run))
        {
            first.Mkdir("/local/domain/3");
            first.SetPermissions("/local/domain/3", "n3");
            first.Introduce(3, 4096, 1);
            for (var i = 0; i < Writers; i++)
                first.Write($"/storm/{i}/sum", "0");
        }

        var writers = Enumerable.Range(0, Writers).Select(i => new Thread(() => Guarded(() => Write(i)))).ToList();
        var watcher = new Thread(() => Guarded(Watch));
        watcher.Start();
        writers.ForEach(thread => thread.Start());
        var random = new Random(7);
        for (var round = 0; round < Rounds; round++)
        {
            // Each round must see work that was answered: a kill before the first would prove nothing.
            var before = Answered();
            while (Answered() < before + 200 && _wrong.IsEmpty)
                Thread.Sleep(random.Next(1, 20));
            Kill();
        }

        _stopping = true;
        writers.ForEach(thread => thread.Join());
        using var last = StoreDaemon.Connect(Run);
        SpinWait.SpinUntil(() => !_wrong.IsEmpty || last.TryRead("/local/domain/3/data/seen") == last.TryRead("/local/domain/3/data/wanted"), TimeSpan.FromMinutes(1));
        _watched = true;
        watcher.Join();
        Assert.Empty(_wrong);
        for (var i = 0; i < Writers; i++)
            Assert.InRange(Number(last.Read($"/storm/{i}/sum")), Volatile.Read(ref _answered[i]), _answered[i] + 1);
        Assert.Equal(last.Read("/local/domain/3/data/seen"), last.Read("/local/domain/3/data/wanted"));
    }

    /// <summary>One client's life: a large write and a transaction by turns; after each loss of the store it looks at what is there.</summary>
    private void Write(int number)
    {
        var home = $"/storm/{number}";
        while (!_stopping)
        {
            try
            {
                using var client = StoreDaemon.Connect(Run);

                // What was in flight at the kill may be there or not, but whole.
                var sum = Number(client.Read($"{home}/sum"));
                Assert.InRange(sum, _answered[number], _answered[number] + 1);
                for (var next = sum + 1; !_stopping; next++)
                {
                    client.Write($"{home}/{next % 20}", $"{next} {Padding}");
                    client.Transact(t =>
                    {
                        Assert.Equal(next - 1, Number(client.Read($"{home}/sum", t)));
                        client.Write($"{home}/sum", $"{next}", t);
                        client.Write($"{home}/large", $"{next} {Padding}", t);
                    });
                    Volatile.Write(ref _answered[number], next);
                    Assert.Equal(next, Number(client.Read($"{home}/large")));
                    if (number == 0)
                        client.Write("/local/domain/3/data/wanted", $"{next}");
                }
            }
            catch (IOException)
            {
                // The store was killed.
            }
        }
    }

    /// <summary>A domain that copies a node of its own whenever its watch says that it changed; bound again after each loss.</summary>
    private void Watch()
    {
        var isWatching = false;
        while (!_watched)
        {
            try
            {
                using var domain = new StoreClient(new SocketTransport(StoreDaemon.ConnectDomain(Run, 3)));
                isWatching = isWatching || TryWatch(domain);
                while (!_watched)
                {
                    if (domain.WaitEvent(TimeSpan.FromMilliseconds(100), out _) && domain.TryRead("data/wanted") is { } wanted)
                        domain.Write("data/seen", wanted);
                }
            }
            catch (IOException)
            {
                // The store was killed.
            }
        }
    }

    /// <summary>Sets the watch, unless it was set before the store died and only the answer is missing.</summary>
    private static bool TryWatch(StoreClient domain)
    {
        try
        {
            domain.Watch("data/wanted", "token");
        }
        catch (StoreException)
        {
            Assert.True(domain.WaitEvent(TimeSpan.FromMinutes(1), out _));
        }

        return true;
    }

    private void Guarded(Action life)
    {
        try
        {
            life();
        }
        catch (Exception e)
        {
            _wrong.Enqueue(e);
        }
    }

    private int Answered() => _answered.Sum();

    private static int Number(string value) => int.Parse(value.Split(' ')[0], CultureInfo.InvariantCulture);

    /// <summary>Kills the store, if there is one, and waits until its lock is free or another has it.</summary>
    protected override void Kill()
    {
        using var directory = StoreLocation.OpenSocket(Run);
        using var socket = UnixSockets.Connect(directory, StoreLocation.SocketName, UnixSocketKind.Stream);
        if (socket is null)
            return;
        using var process = System.Diagnostics.Process.GetProcessById(UnixSockets.Peer(socket).Pid);
        process.Kill();

        // Its end of the connection goes with it.
        Assert.Equal(0, Descriptors.Read(socket, new byte[1]));
    }
}
