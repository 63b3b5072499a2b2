using Xenolith.Host;
using Xenolith.Host.Network;

namespace Xenolith.Toolstack.Networks;

/// <summary>Makes a TAP interface a port of a host bridge: what vif-bridge does, built in.</summary>
internal static class BridgePort
{
    // The numerically largest address that is not a group's, as Xen's scripts give every vif: a bridge takes the smallest address among its
    // ports, and must never take that of a guest's interface.
    private static ReadOnlySpan<byte> PortAddress => [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff];

    /// <summary>Connects an interface; returns its MTU.</summary>
    /// <param name="name">The TAP interface.</param>
    /// <param name="bridge">The bridge.</param>
    /// <param name="mtu">Largest packet, bytes; null for the bridge's.</param>
    /// <exception cref="HostException">The kernel refuses.</exception>
    public static int Connect(string name, string bridge, int? mtu)
    {
        using var interfaces = NetworkInterfaces.Open();
        var size = mtu ?? interfaces.MtuOf(bridge);
        interfaces.SetAddressOf(name, PortAddress);
        interfaces.SetMtuOf(name, size);
        interfaces.AddToBridge(bridge, name);
        interfaces.BringUp(name);
        return size;
    }
}
