using Xenolith.Host;
using Xenolith.Store.Client;
using Xenolith.Store.Server;

namespace Xenolith.Tests.Hostile.Store;

/// <summary>xenstored as a process: started by whoever needs it, killed at any moment, ended when nobody needs it.</summary>
public sealed class StoreProcessTests : StoreRun
{
    [Fact]
    public void Whoever_comes_first_starts_it_and_all_meet_the_same()
    {
        var clients = new StoreClient[8];
        Parallel.For(0, clients.Length, new ParallelOptions { MaxDegreeOfParallelism = clients.Length }, i => clients[i] = StoreDaemon.Connect(Run));
        for (var i = 0; i < clients.Length; i++)
            clients[i].Write($"/met/{i}", "1");
        Assert.Equal(clients.Length, clients[0].List("/met").Count);
        foreach (var client in clients)
            client.Dispose();
    }

    [Fact]
    public void What_was_answered_survives_kill_9_at_any_moment()
    {
        var random = new Random(1);
        var answered = 0;
        using (var first = StoreDaemon.Connect(Run))
        {
            first.Write("/counter/a", "0");
            first.Write("/counter/b", "0");
        }

        for (var round = 0; round < 8; round++)
        {
            using var client = StoreDaemon.Connect(Run);
            Assert.InRange(int.Parse(client.Read("/counter/a")), answered, answered + 1);
            var process = ServerPid();
            var killer = new Thread(() =>
            {
                Thread.Sleep(random.Next(5, 60));
                Kill(process);
            });
            killer.Start();
            try
            {
                for (var next = answered + 1; ; next++)
                {
                    // Both values in one transaction: they must never differ afterwards.
                    client.Transact(t =>
                    {
                        client.Write("/counter/a", $"{next}", t);
                        client.Write("/counter/b", $"{next}", t);
                    });
                    answered = next;
                }
            }
            catch (IOException)
            {
                killer.Join();
            }

            using var after = StoreDaemon.Connect(Run);
            Assert.Equal(after.Read("/counter/a"), after.Read("/counter/b"));
            answered = int.Parse(after.Read("/counter/a")) is var found && found >= answered ? found : throw new InvalidOperationException($"{answered} was answered, {found} is there");
        }

        Assert.True(answered > 0);
    }

    [Fact]
    public void A_domain_bound_again_after_a_kill_keeps_its_watches_and_rights()
    {
        using (var monitor = StoreDaemon.Connect(Run))
        {
            monitor.Mkdir("/local/domain/3");
            monitor.SetPermissions("/local/domain/3", "n3");
            monitor.Introduce(3, 4096, 1);
        }

        using (var domain = new StoreClient(new SocketTransport(StoreDaemon.ConnectDomain(Run, 3))))
            domain.Watch("device", "token");
        Kill();
        using var again = new StoreClient(new SocketTransport(StoreDaemon.ConnectDomain(Run, 3)));
        Assert.True(again.WaitEvent(TimeSpan.FromSeconds(60), out var happened));
        Assert.Equal(new StoreEvent("device", "token"), happened);
        again.Write("data", "mine");
        using var control = StoreDaemon.Connect(Run);
        Assert.True(control.IsIntroduced(3));
        Assert.Equal("mine", control.Read("/local/domain/3/data"));
    }

    [Fact]
    public void It_ends_when_nobody_needs_it_and_the_next_start_finds_what_was_written()
    {
        using var state = StoreLocation.OpenState(Run);
        // A machine that stands still between the store's start and our connection lets it end before: then it is started again.
        while (!StartAndWrite("/kept", "1"))
        {
        }

        for (var i = 0; i < 1200 && FileLock.IsHeld(state, "running.lock"); i++)
            Thread.Sleep(100);
        Assert.False(FileLock.IsHeld(state, "running.lock"));
        Assert.Null(StoreDaemon.TryConnect(Run));
        using var next = StoreDaemon.Connect(Run);
        Assert.Equal("1", next.Read("/kept"));
    }

    /// <summary>Starts a store that ends soon after its last client, and writes a node; false if it has ended before that.</summary>
    private bool StartAndWrite(string path, string value)
    {
        var (ready, tell) = UnixSockets.Pair(UnixSocketKind.Stream);
        using (ready)
        using (ChildProcess.Spawn(new ChildProcessStart
        {
            Arguments = ["xenstored", "--isolated-run-directory", Run.Path, "--ready", "3", "--linger", "1"],
            Descriptors = [tell],
        }))
        {
            tell.Dispose();
            Assert.Equal(1, Descriptors.Read(ready, new byte[1]));
            using var client = StoreDaemon.TryConnect(Run);
            client?.Write(path, value);
            return client is not null;
        }
    }

    private int? ServerPid()
    {
        using var directory = StoreLocation.OpenSocket(Run);
        using var socket = UnixSockets.Connect(directory, StoreLocation.SocketName, UnixSocketKind.Stream);
        return socket is null ? null : UnixSockets.Peer(socket).Pid;
    }

    protected override void Kill() => Kill(ServerPid());

    /// <summary>Kills the store and waits until its lock is free; the process itself stays our zombie child.</summary>
    private void Kill(int? pid)
    {
        if (pid is not { } number)
            return;
        using (var process = System.Diagnostics.Process.GetProcessById(number))
            process.Kill();
        using var state = StoreLocation.OpenState(Run);
        while (FileLock.IsHeld(state, "running.lock"))
            Thread.Sleep(5);
    }
}
