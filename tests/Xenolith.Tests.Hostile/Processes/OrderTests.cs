using System.Reflection;
using Xenolith.Host;
using Xenolith.Toolstack.Control;
using Xenolith.Toolstack.Monitors;

namespace Xenolith.Tests.Hostile.Processes;

/// <summary>Orders that make no sense, sent to a monitor by its own user: each is answered or ignored, and the domain goes on.</summary>
[Collection("host")]
public sealed class OrderTests : TestHost
{
    private static readonly string[] Fields = ["config", "kind", "id", "patience", "name", "target", "maximum", "count", "vcpu", "hard", "soft", "weight", "cap", "key", "limit", "online"];
    private static readonly string[] Values = ["", "-1", "99999999999999999999", "{", "{}", "null", "vbd", "0;1", "all", "\u0001"];

    [Fact]
    public void Every_order_with_nonsense_in_it_leaves_the_domain_running()
    {
        var domid = Create("guest", "echo");
        var before = Processes().Order().ToList();
        using var domains = DirectoryHandle.Open(System.IO.Path.Combine(Path, "domains", domid.ToString()));
        var verbs = typeof(Verbs).GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => (string)f.GetRawConstantValue()!)
            .Except([Verbs.Destroy, Verbs.Wait]).Append("no such order");
        foreach (var verb in verbs)
        {
            foreach (var value in Values)
            {
                using var channel = new MessageChannel(UnixSockets.Connect(domains, ControlServer.SocketName, UnixSocketKind.Messages)!);
                channel.TrySend(Fields.Aggregate(new Message(verb), (message, field) => message.With(field, value)).With("path", "/nonexistent/core"));
                Assert.True(channel.Wait(60_000), $"{verb} with '{value}' is not answered");
                Assert.NotNull(channel.Receive());
            }
        }

        Assert.Equal(before, Processes().Order());
        Assert.Equal(2, Host.List().Count);
    }

    [Fact]
    public void Bytes_that_are_no_order_are_refused_and_the_next_is_served()
    {
        var domid = Create("guest", "echo");
        using var domains = DirectoryHandle.Open(System.IO.Path.Combine(Path, "domains", domid.ToString()));
        byte[][] rubbish = [[0], [1, 0], [1, 65, 0, 66, 0], [200, 65, 0], new byte[Message.MaxBytes]];
        foreach (var bytes in rubbish)
        {
            using var socket = UnixSockets.Connect(domains, ControlServer.SocketName, UnixSocketKind.Messages)!;
            MessageSocket.Send(socket, bytes);
            using var channel = new MessageChannel(socket);
            Assert.True(channel.Wait(60_000), "it is not answered");
            Assert.Equal(Verbs.Failed, channel.Receive()?.Verb);
        }

        Host.Pause(domid);
        Assert.Equal("guest", Find("guest")!.Name);
    }
}
