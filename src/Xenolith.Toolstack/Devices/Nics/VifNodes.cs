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
        Add("rate", VifRate.Text(nic.Rate));
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

    private static string Text<T>(T number)
        where T : IFormattable => number.ToString(null, CultureInfo.InvariantCulture);
}
