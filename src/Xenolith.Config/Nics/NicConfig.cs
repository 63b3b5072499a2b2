using System.Collections.Immutable;

namespace Xenolith.Config.Nics;

/// <summary>One entry of <c>vif = [ ... ]</c>. What was not said is null: the toolstack chooses.</summary>
public sealed record NicConfig
{
    /// <summary>Number of the interface in the guest, from 0; negative for the lowest that is free.</summary>
    public int DeviceId { get; init; }

    /// <summary>Address in small letters, such as <c>00:16:3e:12:34:56</c>.</summary>
    public string? Mac { get; init; }

    /// <summary>The bridge or switch it is a port of.</summary>
    public string? Bridge { get; init; }

    /// <summary>The device traffic is routed through (vif-route, vif-nat).</summary>
    public string? GatewayDevice { get; init; }

    /// <summary>Addresses for the hotplug script.</summary>
    public string? Ip { get; init; }

    /// <summary>Hotplug script.</summary>
    public string? Script { get; init; }

    /// <summary>The domain that serves it, by name or id; null for Domain-0.</summary>
    public string? BackendDomain { get; init; }

    /// <summary>Name of the interface on the host.</summary>
    public string? InterfaceName { get; init; }

    /// <summary>Emulated card (HVM).</summary>
    public string? Model { get; init; }

    /// <summary><c>vif</c> or <c>ioemu</c>.</summary>
    public string? Type { get; init; }

    /// <summary>Limit on what the guest sends.</summary>
    public NicRate? Rate { get; init; }

    /// <summary>Largest packet, bytes.</summary>
    public int? Mtu { get; init; }

    /// <summary>VLANs.</summary>
    public string? Vlan { get; init; }

    /// <summary>Ports of the host that lead to the guest, for networks that the host does not reach by itself (passt, a switch's uplink); empty for none.</summary>
    public ImmutableArray<PortForward> Forwards { get; init; } = [];

    /// <summary>Whether the frontend trusts the backend; null for the default.</summary>
    public bool? Trusted { get; init; }

    /// <inheritdoc/>
    public bool Equals(NicConfig? other) =>
        other is not null
        && (DeviceId, Mac, Bridge, GatewayDevice, Ip, Script, BackendDomain) == (other.DeviceId, other.Mac, other.Bridge, other.GatewayDevice, other.Ip, other.Script, other.BackendDomain)
        && (InterfaceName, Model, Type, Rate, Mtu, Vlan, Trusted) == (other.InterfaceName, other.Model, other.Type, other.Rate, other.Mtu, other.Vlan, other.Trusted)
        && Forwards.SequenceEqual(other.Forwards);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(DeviceId, Mac, Bridge, Script, InterfaceName);
}
