using System.Globalization;
using Xenolith.Config.Keys;

namespace Xenolith.Config.Nics;

/// <summary>Reads an interface specification of xl-network-configuration(5): <c>key=value</c> words with commas between them.</summary>
public static class NicSpec
{
    private static readonly string[] Known =
    [
        "mac", "bridge", "gatewaydev", "netdev", "ip", "script", "backend", "vifname", "model", "type", "rate", "mtu", "devid", "vlan",
        "accel", "forward", "trusted", "untrusted",
    ];

    /// <summary>Reads one interface.</summary>
    /// <param name="spec">The specification; blanks around words, keys and values are ignored.</param>
    /// <param name="deviceId">Its number, unless <c>devid=</c> says another.</param>
    /// <param name="nic">The interface, when there is no problem.</param>
    /// <param name="problem">What is wrong, naming the word, or null.</param>
    public static bool TryParse(string spec, int deviceId, out NicConfig nic, out string? problem)
    {
        nic = new NicConfig { DeviceId = deviceId };
        problem = null;
        foreach (var part in spec.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = part.IndexOf('=');
            var key = (equals < 0 ? part : part[..equals]).Trim();
            var value = equals < 0 ? null : part[(equals + 1)..].Trim();
            problem = Apply(key, value, ref nic);
            if (problem is not null)
            {
                problem = $"vif `{spec}': {problem}";
                return false;
            }
        }

        return true;
    }

    private static string? Apply(string key, string? value, ref NicConfig nic)
    {
        if (value is null)
        {
            if (key is not ("trusted" or "untrusted"))
                return Known.Contains(key) ? $"`{key}' needs a value: {key}=..." : Unknown(key);
            nic = nic with { Trusted = key == "trusted" };
            return null;
        }

        string? problem = null;
        switch (key)
        {
            case "mac":
                if (MacAddress.TryParse(value, out var mac, out problem))
                    nic = nic with { Mac = mac };
                return problem;
            case "rate":
                if (NicRate.TryParse(value, out var rate, out problem))
                    nic = nic with { Rate = rate };
                return problem;
            case "type" when value is "vif" or "ioemu": nic = nic with { Type = value }; return null;
            case "type": return $"type `{value}' is neither vif nor ioemu";
            case "mtu" when TryNumber(value, 68, 65535, out var mtu): nic = nic with { Mtu = mtu }; return null;
            case "mtu": return $"mtu `{value}' is not a number from 68 to 65535";
            case "devid" when TryNumber(value, 0, 65535, out var id): nic = nic with { DeviceId = id }; return null;
            case "devid": return $"devid `{value}' is not a number from 0 to 65535";
            case "bridge": nic = nic with { Bridge = value.Length > 0 ? value : null }; return null;
            case "gatewaydev" or "netdev": nic = nic with { GatewayDevice = value }; return null;
            case "ip": nic = nic with { Ip = value }; return null;
            case "script": nic = nic with { Script = value }; return null;
            case "backend": nic = nic with { BackendDomain = value }; return null;
            case "vifname" when InterfaceNameProblem(value) is { } wrong: return $"vifname `{value}' {wrong}";
            case "vifname": nic = nic with { InterfaceName = value }; return null;
            case "model": nic = nic with { Model = value }; return null;
            case "vlan": nic = nic with { Vlan = value }; return null;
            case "forward": return Forward(value, ref nic);
            case "accel": return null;
            case "forwarddev": return "`forwarddev' belongs to COLO, which is not supported";
            case "trusted" or "untrusted": return $"`{key}' takes no value; write trusted or untrusted alone";
            default:
                return key.StartsWith("colo_", StringComparison.Ordinal) ? $"`{key}' belongs to COLO, which is not supported" : Unknown(key);
        }
    }

    private static string? Forward(string value, ref NicConfig nic)
    {
        foreach (var word in value.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!PortForward.TryParse(word, out var forward))
                return $"forward `{word}' is not like 2222:22, 127.0.0.1/8080:80 or udp/5353:53 (port of the host, port of the guest)";
            nic = nic with { Forwards = nic.Forwards.Add(forward) };
        }

        return null;
    }

    // The kernel's limits, so that a name is refused with its place in the file and not when the domain is half made.
    private static string? InterfaceNameProblem(string name) =>
        name.Length is 0 or > 15 ? "must have 1 to 15 characters, as every interface of Linux"
        : name is "." or ".." || name.Any(c => c is '/' or ':' || char.IsWhiteSpace(c)) ? "is no name of an interface" : null;

    private static string Unknown(string key) =>
        Misspelling.Nearest(key, Known, name => name) is { } meant ? $"unknown key `{key}'; did you mean `{meant}'?" : $"unknown key `{key}'";

    private static bool TryNumber(string text, int least, int most, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= least && number <= most;
}
