using Xenolith.Devices.Net;

namespace Xenolith.Tests.Unit.Devices.Net;

public sealed class NetFrontendTests
{
    // What Debian's 6.1 kernel writes.
    private static Dictionary<string, string> Linux() => new()
    {
        ["tx-ring-ref"] = "768",
        ["rx-ring-ref"] = "769",
        ["event-channel-tx"] = "17",
        ["event-channel-rx"] = "18",
        ["request-rx-copy"] = "1",
        ["feature-rx-notify"] = "1",
        ["feature-sg"] = "1",
        ["feature-gso-tcpv4"] = "1",
        ["feature-gso-tcpv6"] = "1",
        ["feature-ipv6-csum-offload"] = "1",
    };

    private static (NetFrontend? Frontend, string Error) Parse(Dictionary<string, string> nodes, int queues = 4)
    {
        NetFrontend.TryParse(n => nodes.GetValueOrDefault(n), queues, out var frontend, out var error);
        return (frontend, error);
    }

    [Fact]
    public void What_Linux_writes_is_understood()
    {
        var frontend = Parse(Linux()).Frontend!;
        Assert.Equal(new NetFrontendQueue(768, 769, 17, 18), Assert.Single(frontend.Queues));
        Assert.True(frontend is { ScatterGather: true, LargeV4: true, LargeV6: true, ChecksumV4: true, ChecksumV6: true, NotifiesReceive: true, MulticastControl: false });
    }

    [Fact]
    public void Old_frontends_have_one_channel_and_no_features()
    {
        var frontend = Parse(new() { ["tx-ring-ref"] = "1", ["rx-ring-ref"] = "2", ["event-channel"] = "3", ["request-rx-copy"] = "1", ["feature-no-csum-offload"] = "1" }).Frontend!;
        Assert.Equal(new NetFrontendQueue(1, 2, 3, 3), Assert.Single(frontend.Queues));
        Assert.True(frontend is { ScatterGather: false, LargeV4: false, ChecksumV4: false, ChecksumV6: false, NotifiesReceive: false });
    }

    [Fact]
    public void Queues_stand_in_directories()
    {
        var nodes = Linux();
        nodes["multi-queue-num-queues"] = "2";
        for (var i = 0; i < 2; i++)
        {
            nodes[$"queue-{i}/tx-ring-ref"] = $"{10 + i}";
            nodes[$"queue-{i}/rx-ring-ref"] = $"{20 + i}";
            nodes[$"queue-{i}/event-channel"] = $"{30 + i}";
        }

        Assert.Equal([new(10, 20, 30, 30), new(11, 21, 31, 31)], Parse(nodes).Frontend!.Queues);
        var copied = new Dictionary<string, string>();
        NetFrontend.CopyNodes(n => nodes.GetValueOrDefault(n), 4, copied.Add);
        Assert.Equal(nodes.OrderBy(n => n.Key), copied.OrderBy(n => n.Key));
    }

    [Theory]
    [InlineData("request-rx-copy", null, "request-rx-copy")]
    [InlineData("request-rx-copy", "0", "request-rx-copy")]
    [InlineData("tx-ring-ref", null, "did not write tx-ring-ref")]
    [InlineData("rx-ring-ref", "-1", "rx-ring-ref is '-1'")]
    [InlineData("event-channel-rx", "x", "event-channel-rx is 'x'")]
    [InlineData("multi-queue-num-queues", "5", "'5'")]
    [InlineData("multi-queue-num-queues", "0", "'0'")]
    [InlineData("multi-queue-num-queues", "2", "queue-0/tx-ring-ref")]
    [InlineData("ctrl-ring-ref", "9", "ctrl-ring-ref")]
    public void Nonsense_is_refused_by_the_name_of_its_node(string node, string? value, string error)
    {
        var nodes = Linux();
        nodes.Remove(node);
        if (value is not null)
        {
            nodes[node] = value;
        }

        var (frontend, told) = Parse(nodes);
        Assert.Null(frontend);
        Assert.Contains(error, told, StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_too_long_for_a_number_is_cut_on_its_way()
        => NetFrontend.CopyNodes(_ => new string('9', 4000), 2, (_, v) => Assert.InRange(v.Length, 1, 32));
}
