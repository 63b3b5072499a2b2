using System.Text;
using Xenolith.Config;
using Xenolith.Config.Json;
using Xenolith.Config.Nics;
using Xenolith.Toolstack.Devices;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Toolstack.Networks;

/// <summary>The interfaces of the domains that run on this host.</summary>
internal static class LivingNics
{
    /// <summary>Says why the interfaces of a new domain may not be; null if they may.</summary>
    /// <param name="state">The host, locked by the caller, so that nobody else claims an address meanwhile.</param>
    /// <param name="config">The domain's configuration, addresses complete.</param>
    /// <param name="settings">What the administrator set.</param>
    public static string? Conflict(HostState state, DomainConfig config, HostSettings settings)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (config.Nics.IsEmpty)
        {
            return null;
        }

        using var host = new HostNetwork(settings);
        return MacAddresses.Conflict(config, nic => SegmentOf(nic, host), Of(state, _ => true));
    }

    /// <summary>Claims the address of an interface that is being attached, so that of two that want it at the same instant one is refused.</summary>
    /// <param name="surroundings">The domain it is attached to.</param>
    /// <param name="nic">The interface, address and number known.</param>
    /// <param name="host">The host's networks.</param>
    /// <param name="conflict">Why it may not be; null if it may.</param>
    public static NicClaim? Claim(DeviceSurroundings surroundings, NicConfig nic, IHostNetwork host, out string? conflict)
    {
        ArgumentNullException.ThrowIfNull(surroundings);
        var (state, domid) = (surroundings.Context.State, surroundings.Address.Domid);
        using var held = state.Lock();
        var config = surroundings.Config with { Nics = [nic] };
        conflict = MacAddresses.Conflict(config, other => SegmentOf(other, host), Of(state, other => other.Domid != domid || other.Nic.DeviceId != nic.DeviceId));
        return conflict is null ? new(state, domid, surroundings.Config, nic) : null;
    }

    /// <summary>The interfaces of all domains that live and have not shut down, attached or being attached, each with its domain's name.</summary>
    private static IEnumerable<(string Domain, NicConfig Nic)> Of(HostState state, Func<(int Domid, NicConfig Nic), bool> counts)
    {
        foreach (var record in state.Living(out _).Where(r => r.ShutdownReason < 0))
        {
            using var directory = state.Open(record.Domid);
            if (directory is null || state.ReadText(directory, HostState.ConfigFile) is not { Length: > 0 } text)
            {
                continue; // it has only just claimed its name, or has just gone
            }

            var config = DomainConfigSerializer.Deserialize(Encoding.UTF8.GetBytes(text));
            foreach (var nic in config.Nics.Concat(NicClaim.In(state, directory)).Where(nic => counts((record.Domid, nic))))
            {
                yield return (record.Name, nic);
            }
        }
    }

    private static string? SegmentOf(NicConfig nic, IHostNetwork host) =>
        nic.Bridge ?? (nic.Script is not null || host.IsBridge(host.DefaultBridge) ? host.DefaultBridge : null);
}
