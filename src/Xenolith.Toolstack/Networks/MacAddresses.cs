using System.Collections.Immutable;
using System.Security.Cryptography;
using Xenolith.Config;
using Xenolith.Config.Nics;

namespace Xenolith.Toolstack.Networks;

/// <summary>The Ethernet addresses that a host gives its domains' interfaces.</summary>
internal static class MacAddresses
{
    /// <summary>
    /// Gives every interface that has no address one of Xen's (00:16:3e, then three random bytes below 80:00:00, as libxl). The result is kept as
    /// the domain's configuration, so that its addresses outlive reboots.
    /// </summary>
    public static DomainConfig Complete(DomainConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (config.Nics.All(nic => nic.Mac is not null))
        {
            return config;
        }

        var used = config.Nics.Select(nic => nic.Mac).OfType<string>().ToHashSet(StringComparer.Ordinal);
        return config with { Nics = [.. config.Nics.Select(nic => nic.Mac is null ? nic with { Mac = Fresh(used) } : nic)] };
    }

    /// <summary>
    /// Says which interface of a domain has an address that another already has in the same network; null if none has. Two such interfaces would
    /// take each other's packets, which looks like a network that works now and then.
    /// </summary>
    /// <param name="config">The domain's configuration, addresses complete.</param>
    /// <param name="networkOf">The network an interface belongs to; null for one that shares its network with nobody.</param>
    /// <param name="living">The interfaces of the domains that run on this host, with the name of their domain.</param>
    public static string? Conflict(DomainConfig config, Func<NicConfig, string?> networkOf, IEnumerable<(string Domain, NicConfig Nic)> living)
    {
        var holders = new Dictionary<(string Network, string Mac), string>();
        foreach (var (domain, nic) in living)
        {
            Claim(domain, nic);
        }

        foreach (var nic in config.Nics)
        {
            if (Claim(config.Name, nic) is { } holder)
            {
                var who = holder == config.Name ? $"another vif of domain {holder}" : $"a vif of domain {holder}";
                return $"vif {nic.DeviceId} of domain {config.Name}: the address {nic.Mac} is in use on {networkOf(nic)} by {who}. "
                    + "Give it another `mac', or leave `mac' out for a random one.";
            }
        }

        return null;

        string? Claim(string domain, NicConfig nic)
        {
            if (nic.Mac is not { } mac || networkOf(nic) is not { } network || holders.TryAdd((network, mac), domain))
            {
                return null;
            }

            return holders[(network, mac)];
        }
    }

    private static string Fresh(HashSet<string> used)
    {
        Span<byte> tail = stackalloc byte[3];
        string mac;
        do
        {
            RandomNumberGenerator.Fill(tail);
            mac = $"00:16:3e:{tail[0] & 0x7f:x2}:{tail[1]:x2}:{tail[2]:x2}";
        }
        while (!used.Add(mac));
        return mac;
    }
}
