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
        return MacAddresses.Conflict(config, nic => SegmentOf(nic, host), Of(state, except: -1));
    }

    /// <summary>The same for an interface that is being made: of its own domain, only the others count.</summary>
    public static string? Conflict(DeviceSurroundings surroundings, NicConfig nic, IHostNetwork host)
    {
        ArgumentNullException.ThrowIfNull(surroundings);
        var config = surroundings.Config with { Nics = [.. surroundings.Config.Nics.Where(other => other.DeviceId != nic.DeviceId), nic] };
        return MacAddresses.Conflict(config, other => SegmentOf(other, host), Of(surroundings.Context.State, surroundings.Address.Domid));
    }

    /// <summary>The interfaces of all domains that live and have not shut down, each with its domain's name.</summary>
    private static IEnumerable<(string Domain, NicConfig Nic)> Of(HostState state, int except)
    {
        foreach (var record in state.Living(out _).Where(r => r.ShutdownReason < 0 && r.Domid != except))
        {
            using var directory = state.Open(record.Domid);
            var text = directory is null ? string.Empty : state.ReadText(directory, HostState.ConfigFile);
            if (text.Length == 0)
            {
                continue; // it has only just claimed its name, or has just gone
            }

            foreach (var nic in DomainConfigSerializer.Deserialize(Encoding.UTF8.GetBytes(text)).Nics)
            {
                yield return (record.Name, nic);
            }
        }
    }

    private static string? SegmentOf(NicConfig nic, IHostNetwork host) =>
        nic.Bridge ?? (nic.Script is not null || host.IsBridge(host.DefaultBridge) ? host.DefaultBridge : null);
}
