using System.Globalization;
using Xenolith.Config.Nics;
using Xenolith.Toolstack.Networks;

namespace Xenolith.Toolstack.Devices.Nics;

/// <summary>The store's nodes of a vif, as libxl writes them (shared facts: the store of a running domain), as data.</summary>
internal static class VifNodes
{
    /// <summary>The xenbus name of interfaces.</summary>
    public const string XenbusName = "vif";

    /// <summary>The node below /libxl that says in words which way out was taken; <c>xl network-list</c> shows it.</summary>
    public const string WayNode = "network";

    /// <summary>Largest packet of an interface when nothing else is said, bytes.</summary>
    public const int DefaultMtu = 1500;

    /// <summary>The nodes of a new vif.</summary>
    /// <param name="nic">The interface, address and number known.</param>
    /// <param name="way">Its way out.</param>
    /// <param name="domid">Its domain.</param>
    /// <param name="mtu">Its MTU as far as it is known, bytes.</param>
    public static DeviceNodes Of(NicConfig nic, NetworkWay way, int domid, int mtu)
    {
        ArgumentNullException.ThrowIfNull(nic);
        ArgumentNullException.ThrowIfNull(way);
        var back = new List<(string, string)> { ("frontend-id", Text(domid)), ("online", "1"), ("state", Text((int)XenbusState.Initialising)) };
        void Add(string name, string? value)
        {
            if (value is not null)
            {
                back.Add((name, value));
            }
        }

        Add("script", way.Script);
        Add("vifname", nic.InterfaceName);
        Add("mac", nic.Mac);
        Add("ip", nic.Ip);
        Add("gatewaydev", nic.GatewayDevice);
        Add("rate", nic.Rate is { } rate ? $"{Text(rate.BytesPerInterval)},{Text(rate.IntervalMicroseconds)}" : null);
        Add("mtu", nic.Mtu is { } given and not DefaultMtu ? Text(given) : null);
        Add("vlan", nic.Vlan);
        Add("bridge", way.Network.Length > 0 ? way.Network : null);
        Add("handle", Text(nic.DeviceId));
        Add("type", "vif");
        Add("hotplug-status", string.Empty);
        return new(
            back,
            [
                ("state", Text((int)XenbusState.Initialising)), ("handle", Text(nic.DeviceId)), ("mac", nic.Mac!), ("trusted", nic.Trusted ?? true ? "1" : "0"),
            ],
            [("mtu", Text(mtu))]);
    }

    /// <summary>
    /// Copies what a frontend says of itself and its rings into an order: only the nodes a backend reads, each cut to a length that no honest
    /// value has, since all of it is the guest's.
    /// </summary>
    /// <param name="frontend">Reads a node of the frontend.</param>
    /// <param name="queues">Queues at most.</param>
    /// <param name="set">Takes a name and its value.</param>
    public static void CopyFrontend(Func<string, string?> frontend, int queues, Action<string, string> set)
    {
        ArgumentNullException.ThrowIfNull(frontend);
        ArgumentNullException.ThrowIfNull(set);
        foreach (var name in FrontendNodes)
        {
            Copy(name);
        }

        var asked = int.TryParse(frontend("multi-queue-num-queues"), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? Math.Min(number, queues) : 1;
        for (var queue = 0; queue < asked && asked > 1; queue++)
        {
            foreach (var name in RingNodes)
            {
                Copy($"queue-{queue}/{name}");
            }
        }

        if (asked <= 1)
        {
            Array.ForEach(RingNodes, Copy);
        }

        void Copy(string name)
        {
            if (frontend(name) is { } value)
            {
                set(name, value.Length > LongestValue ? value[..LongestValue] : value);
            }
        }
    }

    private const int LongestValue = 24;

    private static readonly string[] FrontendNodes =
    [
        "multi-queue-num-queues", "request-rx-copy", "feature-rx-notify", "feature-sg", "feature-gso-tcpv4", "feature-gso-tcpv6",
        "feature-no-csum-offload", "feature-ipv6-csum-offload", "request-multicast-control", "xdp-headroom",
    ];

    private static readonly string[] RingNodes = ["tx-ring-ref", "rx-ring-ref", "event-channel", "event-channel-tx", "event-channel-rx"];

    private static string Text<T>(T number)
        where T : IFormattable => number.ToString(null, CultureInfo.InvariantCulture);
}
