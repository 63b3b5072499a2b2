using System.Text;
using Xenolith.Host;
using Xenolith.Store.Client;
using Xenolith.Store.Requests;
using Xenolith.Store.Server;
using Xenolith.Store.Wire;

namespace Xenolith.Tests.Unit.Store;

/// <summary>The server on real sockets: many clients, none of which can hold up or hurt the others.</summary>
public sealed class StoreServerTests : IDisposable
{
    private readonly ServedStore _served = new();

    public void Dispose() => _served.Dispose();

    [Fact]
    public void Clients_see_each_others_changes_and_events()
    {
        using var watcher = _served.Connect();
        using var client = _served.Connect();
        watcher.Watch("/x", "t");
        client.Write("/x/y", "1");
        Assert.True(watcher.WaitEvent(TimeSpan.FromSeconds(60), out var first));
        Assert.True(watcher.WaitEvent(TimeSpan.FromSeconds(60), out var second));
        Assert.Equal(("/x", "/x/y"), (first.Path, second.Path));
    }

    [Fact]
    public void Requests_may_be_sent_without_waiting_and_are_answered_in_order()
    {
        using var socket = _served.Open();
        var requests = new List<byte>();
        for (uint i = 1; i <= 500; i++)
            requests.AddRange(Message(MessageType.Write, i, $"/p/{i}\0{i}"));
        for (uint i = 1; i <= 500; i++)
            requests.AddRange(Message(MessageType.Read, 500 + i, $"/p/{i}\0"));
        new Thread(() => socket.Send([.. requests])).Start();
        var seen = Receive(socket, 1000);
        Assert.Equal(Enumerable.Range(1, 1000), seen.Select(m => (int)m.Header.RequestId));
        Assert.Equal("500", seen[^1].Payload);
    }

    [Fact]
    public void A_client_that_never_reads_is_not_served_on_and_the_others_are()
    {
        using var silent = _served.Open();
        using var client = _served.Connect();
        client.Write("/big", new string('x', 4000));
        var request = Message(MessageType.Read, 1, "/big\0");
        var sender = new Thread(() =>
        {
            try
            {
                for (var i = 0; i < 100_000; i++)
                    silent.Send(request);
            }
            catch (HostException e)
            {
                Assert.Equal(Errno.EPIPE, e.Errno);
            }
        });
        sender.Start();
        for (var i = 0; i < 2000; i++)
            client.Write("/other", $"{i}");
        Assert.Equal("1999", client.Read("/other"));
        Assert.True(_served.Store.Tree.Root.Exists);
        _served.Stop();
        sender.Join();
    }

    [Fact]
    public void A_client_that_hoards_events_is_cut_off()
    {
        using var hoarder = _served.Connect();
        hoarder.Watch("/", "token");
        using var client = _served.Connect();
        var name = new string('n', 1000);
        for (var i = 0; i < 8000; i++)
            client.Write($"/h/{name}{i % 10}", "1");
        client.Write("/done", "1");
        Assert.Contains(_served.Log, line => line.Contains("does not read", StringComparison.Ordinal));
    }

    [Fact]
    public void A_domain_that_hoards_events_gets_one_for_each_watch_when_it_reads_again()
    {
        using var control = _served.Connect();
        control.Mkdir("/local/domain/9");
        control.SetPermissions("/local/domain/9", "n9");
        using var domain = _served.Connect();
        domain.Bind(9);
        domain.Watch("data", "token");
        var name = new string('n', 500);
        for (var i = 0; i < 3000; i++)
            control.Write($"/local/domain/9/data/{name}", $"{i}");
        control.Write("/local/domain/9/data/last", "1");
        var events = new List<string>();
        while (events.Count < 2 || events[^1] != "data")
        {
            Assert.True(domain.WaitEvent(TimeSpan.FromSeconds(60), out var happened));
            events.Add(happened.Path);
        }

        Assert.InRange(events.Count, 100, 2900);
    }

    [Fact]
    public void A_domain_that_does_not_read_its_replies_has_to_wait_and_is_named_in_the_log()
    {
        using var control = _served.Connect();
        control.Write("/wide", new string('x', 4000));
        control.SetPermissions("/wide", "r0");
        using var domain = _served.Open();
        new StoreClient(domain).Bind(8);
        const int count = 400;
        domain.Send([.. Enumerable.Range(1, count).SelectMany(i => Message(MessageType.Read, (uint)i, "/wide\0"))]);
        while (!_served.Log.Any(line => line.Contains("domain 8 hit its quota of outstanding (20)", StringComparison.Ordinal)))
            control.Read("/wide");
        Assert.Equal(Enumerable.Range(1, count), Receive(domain, count).Select(m => (int)m.Header.RequestId));
    }

    [Fact]
    public void An_overlong_message_ends_only_the_connection_that_sent_it()
    {
        using var bad = _served.Open();
        using var good = _served.Connect();
        var header = new byte[MessageHeader.Size];
        new MessageHeader(MessageType.Read, 1, 0, 5000).Write(header);
        bad.Send(header);
        Assert.Equal(0, bad.Receive(new byte[16], 20_000));
        good.Write("/still", "here");
        Assert.Equal("here", good.Read("/still"));
    }

    [Fact]
    public void A_domain_that_floods_is_answered_in_order_in_the_end()
    {
        using var control = _served.Connect();
        using var flood = _served.Open();
        new StoreClient(flood).Bind(3);
        var count = RequestBudget.Burst + 500;
        var requests = Enumerable.Range(1, count).SelectMany(i => Message(MessageType.GetDomainPath, (uint)i, "3\0")).ToArray();
        var sender = new Thread(() => flood.Send(requests));
        sender.Start();
        control.Write("/meanwhile", "1");
        Assert.Equal(Enumerable.Range(1, count), Receive(flood, count).Select(m => (int)m.Header.RequestId));
        sender.Join();
    }

    private static byte[] Message(MessageType type, uint request, string payload)
    {
        var bytes = new byte[MessageHeader.Size + payload.Length];
        new MessageHeader(type, request, 0, (uint)payload.Length).Write(bytes);
        Encoding.ASCII.GetBytes(payload, bytes.AsSpan(MessageHeader.Size));
        return bytes;
    }

    private static List<(MessageHeader Header, string Payload)> Receive(IStoreTransport socket, int count)
    {
        var messages = new List<(MessageHeader, string)>();
        var cutter = new MessageCutter();
        var buffer = new byte[8192];
        while (messages.Count < count)
        {
            var received = socket.Receive(buffer, 20_000);
            Assert.True(received > 0, $"{messages.Count} of {count} replies came");
            cutter.Take(buffer.AsSpan(0, received), (in MessageHeader header, ReadOnlySpan<byte> message) =>
                messages.Add((header, Encoding.ASCII.GetString(message[MessageHeader.Size..]))));
        }

        return messages;
    }
}
