using System.Globalization;
using Xenolith.Config.Nics;
using Xenolith.Host.Network;

namespace Xenolith.Toolstack.Networks;

/// <summary>
/// Decides which way out an interface takes. What is named is used or refused: a bridge that exists but may not be used is an error that names
/// the right, never silently another network.
/// </summary>
internal static class NetworkChoice
{
    private const string NoPasst =
        "it names no bridge, this host has no bridge {0}, and passt is not installed. Install it with: apt install passt; "
        + "or name a switch that needs nothing, as in vif = [ 'bridge=bridge0' ].";

    /// <summary>The way of an interface.</summary>
    /// <param name="nic">The interface.</param>
    /// <param name="domid">Its domain.</param>
    /// <param name="host">The host.</param>
    /// <exception cref="ToolstackException">There is none.</exception>
    public static NetworkWay Of(NicConfig nic, int domid, IHostNetwork host)
    {
        ArgumentNullException.ThrowIfNull(nic);
        ArgumentNullException.ThrowIfNull(host);
        var way = Find(nic, domid, host);
        if (nic.Forwards.IsEmpty || way.Kind == WayKind.Passt)
        {
            return way;
        }

        if (!way.Uplink)
        {
            throw Refused(nic, way.Kind == WayKind.Switch
                ? $"`forward' leads from the host to the guest, and the switch {way.Network} leads nowhere. Give it an uplink (switch_uplinks = {way.Network} in xenolith.conf), or leave `bridge' out for passt."
                : $"`forward' is for passt and for switches with an uplink; on {(way.Network.Length > 0 ? way.Network : way.Script)} the guest has an address of its own, which the host reaches. Leave `forward' out.");
        }

        return nic.Forwards.FirstOrDefault(f => f.Address?.Contains(':', StringComparison.Ordinal) == true) is { Address: { } address }
            ? throw Refused(nic, $"`forward' on a switch is for IPv4, and {address} is none. Leave that address out.")
            : way;
    }

    private static NetworkWay Find(NicConfig nic, int domid, IHostNetwork host)
    {
        if (nic.Script is { Length: > 0 } script)
        {
            return ByScript(nic, domid, host, script);
        }

        if (nic.Vlan is not null)
        {
            throw Refused(nic, "`vlan' needs a hotplug script that knows VLANs. Name it, as in script=vif-openvswitch.");
        }

        if (nic.Bridge is { } bridge)
        {
            if (host.IsBridge(bridge))
            {
                return OnBridge(nic, domid, host, bridge, "asked for");
            }

            if (host.Exists(bridge))
            {
                throw Refused(nic, $"{bridge} is an interface of this host, but no bridge. Name a bridge, or give the script that knows it, as in script=vif-openvswitch.");
            }

            return OnSwitch(nic, host, bridge);
        }

        if (host.DefaultBridge.Length > 0 && host.IsBridge(host.DefaultBridge))
        {
            return OnBridge(nic, domid, host, host.DefaultBridge, "the default bridge");
        }

        var passt = host.FindPasst() ?? throw Refused(nic, string.Format(
            CultureInfo.InvariantCulture, NoPasst, host.DefaultBridge.Length > 0 ? host.DefaultBridge : "by default"));
        return new(WayKind.Passt, string.Empty, "no bridge was asked for") { Passt = passt };
    }

    private static NetworkWay OnSwitch(NicConfig nic, IHostNetwork host, string name)
    {
        if (name[0] == '.' || name == "lock" || InterfaceName.Problem(name) is not null)
        {
            // The rules of the kernel's bridges hold for switches too, so that a name means the same on every host.
            throw Refused(nic, $"`{name}' is no name for a bridge: {InterfaceName.Problem(name) ?? "it is reserved"}. Choose 1 to {InterfaceName.MaxBytes} letters, digits or dashes.");
        }

        var uplink = host.WantsUplink(name);
        return !uplink || host.HasSlirp()
            ? new(WayKind.Switch, name, "no host bridge has that name") { Uplink = uplink }
            : throw Refused(nic, $"the switch {name} is to have an uplink (switch_uplinks), and libslirp is not installed. Install it with: apt install libslirp0");
    }

    private static NetworkWay OnBridge(NicConfig nic, int domid, IHostNetwork host, string bridge, string reason)
    {
        RequireTaps(nic, host, $"the bridge {bridge} exists");
        if (host.BridgeScript() is { } script)
        {
            return new(WayKind.Script, bridge, reason) { Script = script, IsBridged = true, Interface = Free(nic, host, DefaultName(nic, domid)), RenamedTo = Renamed(nic, host) };
        }

        return new(WayKind.HostBridge, bridge, reason) { Interface = Renamed(nic, host) ?? Free(nic, host, DefaultName(nic, domid)) };
    }

    private static NetworkWay ByScript(NicConfig nic, int domid, IHostNetwork host, string script)
    {
        var path = Path.IsPathRooted(script) ? script : Path.Combine(host.ScriptDirectory, script);
        if (!File.Exists(path))
        {
            throw Refused(nic, $"the hotplug script {path} does not exist. Check `script', or leave it out.");
        }

        RequireTaps(nic, host, $"the hotplug script {path} connects a TAP interface");
        return new(WayKind.Script, nic.Bridge ?? host.DefaultBridge, "asked for")
        {
            Script = path,
            IsBridged = nic.Bridge is { } bridge && host.IsBridge(bridge),
            Interface = Free(nic, host, DefaultName(nic, domid)),
            RenamedTo = Renamed(nic, host),
        };
    }

    private static void RequireTaps(NicConfig nic, IHostNetwork host, string what)
    {
        if (host.WhyNoTaps() is { } why)
        {
            throw Refused(nic, $"{what}, but this user may not use it, because {why}. "
                + "Run xl with that right (as root, or with setpriv --ambient-caps), or name a bridge that does not exist for a switch in user space.");
        }
    }

    private static string DefaultName(NicConfig nic, int domid) => string.Create(CultureInfo.InvariantCulture, $"vif{domid}.{nic.DeviceId}");

    private static string? Renamed(NicConfig nic, IHostNetwork host) => nic.InterfaceName is { } name ? Free(nic, host, name) : null;

    private static string Free(NicConfig nic, IHostNetwork host, string name)
    {
        if (InterfaceName.Problem(name) is { } problem)
        {
            throw Refused(nic, $"the name {name} {problem}. Choose another `vifname'.");
        }

        return host.Exists(name)
            ? throw Refused(nic, $"this host already has an interface {name}. Choose another `vifname', or remove that one with: ip link del {name}")
            : name;
    }

    private static ToolstackException Refused(NicConfig nic, string why) => new($"vif {nic.DeviceId}: {why}", ToolstackException.CreationFailed);
}
