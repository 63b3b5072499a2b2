using System.Globalization;

namespace Xenolith.Devices.Net;

/// <summary>A queue's rings and event channels, as the frontend wrote them.</summary>
/// <param name="TxRing">Grant of the transmit ring's page.</param>
/// <param name="RxRing">Grant of the receive ring's page.</param>
/// <param name="TxChannel">Event channel of the transmit ring.</param>
/// <param name="RxChannel">Event channel of the receive ring; the same one if the frontend has only one for both.</param>
public sealed record NetFrontendQueue(uint TxRing, uint RxRing, uint TxChannel, uint RxChannel);

/// <summary>What a network frontend wrote to the store when it became ready (netif.h).</summary>
public sealed record NetFrontend
{
    /// <summary>The node with which a frontend asks for a multicast filter, when it connects or later.</summary>
    public const string MulticastNode = "request-multicast-control";

    private static readonly string[] s_features =
    [
        "request-rx-copy", "ctrl-ring-ref", "multi-queue-num-queues", "feature-sg", "feature-gso-tcpv4", "feature-gso-tcpv6",
        "feature-no-csum-offload", "feature-ipv6-csum-offload", "feature-rx-notify", MulticastNode,
    ];

    private static readonly string[] s_rings = ["tx-ring-ref", "rx-ring-ref", "event-channel", "event-channel-tx", "event-channel-rx"];

    /// <summary>Its queues, at least one.</summary>
    public required IReadOnlyList<NetFrontendQueue> Queues { get; init; }

    /// <summary><c>feature-sg</c>: it takes packets of several pages.</summary>
    public bool ScatterGather { get; init; }

    /// <summary><c>feature-gso-tcpv4</c>.</summary>
    public bool LargeV4 { get; init; }

    /// <summary><c>feature-gso-tcpv6</c>.</summary>
    public bool LargeV6 { get; init; }

    /// <summary>It takes blank checksums over IPv4: no <c>feature-no-csum-offload</c>.</summary>
    public bool ChecksumV4 { get; init; } = true;

    /// <summary><c>feature-ipv6-csum-offload</c>.</summary>
    public bool ChecksumV6 { get; init; }

    /// <summary><c>feature-rx-notify</c>: it tells when it has put receive buffers; else they are looked for now and then.</summary>
    public bool NotifiesReceive { get; init; } = true;

    /// <summary><c>request-multicast-control</c>: only multicasts that it asked for.</summary>
    public bool MulticastControl { get; init; }

    /// <summary>Copies the nodes that <see cref="TryParse"/> reads, for sending them elsewhere; values too long to be numbers are cut.</summary>
    /// <param name="node">The value of a node below the frontend's directory, or null.</param>
    /// <param name="maxQueues">What <c>multi-queue-max-queues</c> offered.</param>
    /// <param name="put">Takes a name and a value.</param>
    public static void CopyNodes(Func<string, string?> node, int maxQueues, Action<string, string> put)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(put);
        const int longest = 32;
        List<string> names = [.. s_features, .. s_rings];
        for (var i = 0; i < maxQueues; i++)
        {
            foreach (var ring in s_rings)
            {
                names.Add(string.Create(CultureInfo.InvariantCulture, $"queue-{i}/{ring}"));
            }
        }

        foreach (var name in names)
        {
            if (node(name) is { } value)
            {
                put(name, value.Length > longest ? value[..longest] : value);
            }
        }
    }

    /// <summary>Reads a frontend's nodes.</summary>
    /// <param name="node">The value of a node below the frontend's directory (<c>queue-0/tx-ring-ref</c>), or null.</param>
    /// <param name="maxQueues">What <c>multi-queue-max-queues</c> offered.</param>
    /// <param name="frontend">What they say.</param>
    /// <param name="error">Why they make no sense, naming the node.</param>
    public static bool TryParse(Func<string, string?> node, int maxQueues, out NetFrontend? frontend, out string error)
    {
        ArgumentNullException.ThrowIfNull(node);
        frontend = null;
        if (!Flag(node, "request-rx-copy"))
        {
            error = "the frontend does not set request-rx-copy: receiving by page flipping is not offered by any present backend";
            return false;
        }

        if (node("ctrl-ring-ref") is not null)
        {
            error = "the frontend asks for a control ring (ctrl-ring-ref), which was not offered (feature-ctrl-ring)";
            return false;
        }

        var count = 1u;
        if (node("multi-queue-num-queues") is { } text && (!TryNumber(text, out count) || count == 0 || count > maxQueues))
        {
            error = $"multi-queue-num-queues is '{text}', but 1 to {maxQueues} queues were offered";
            return false;
        }

        var queues = new NetFrontendQueue[count];
        for (var i = 0; i < queues.Length; i++)
        {
            if (!TryQueue(node, count == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"queue-{i}/"), out queues[i]!, out error))
            {
                return false;
            }
        }

        frontend = new NetFrontend
        {
            Queues = queues,
            ScatterGather = Flag(node, "feature-sg"),
            LargeV4 = Flag(node, "feature-gso-tcpv4"),
            LargeV6 = Flag(node, "feature-gso-tcpv6"),
            ChecksumV4 = !Flag(node, "feature-no-csum-offload"),
            ChecksumV6 = Flag(node, "feature-ipv6-csum-offload"),
            NotifiesReceive = Flag(node, "feature-rx-notify"),
            MulticastControl = Flag(node, MulticastNode),
        };
        error = "";
        return true;
    }

    private static bool TryQueue(Func<string, string?> node, string directory, out NetFrontendQueue? queue, out string error)
    {
        queue = null;
        if (!Required(node, directory + "tx-ring-ref", out var tx, out error) || !Required(node, directory + "rx-ring-ref", out var rx, out error))
        {
            return false;
        }

        uint txChannel, rxChannel;
        if (node(directory + "event-channel-tx") is null)
        {
            if (!Required(node, directory + "event-channel", out txChannel, out error))
            {
                return false;
            }

            rxChannel = txChannel;
        }
        else if (!Required(node, directory + "event-channel-tx", out txChannel, out error) || !Required(node, directory + "event-channel-rx", out rxChannel, out error))
        {
            return false;
        }

        queue = new(tx, rx, txChannel, rxChannel);
        return true;
    }

    private static bool Required(Func<string, string?> node, string name, out uint value, out string error)
    {
        var text = node(name);
        error = text is null ? $"the frontend did not write {name}" : $"{name} is '{text}', not a number";
        value = 0;
        return text is not null && TryNumber(text, out value);
    }

    private static bool Flag(Func<string, string?> node, string name) => node(name) is { } text && TryNumber(text, out var value) && value != 0;

    private static bool TryNumber(string text, out uint value) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
