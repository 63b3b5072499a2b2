using System.Globalization;

namespace Xenolith.Config.Nics;

/// <summary>A port of the host whose connections or datagrams go to a port of the guest.</summary>
/// <param name="Udp">Datagrams; otherwise TCP connections.</param>
/// <param name="Address">The host address to listen at; null for all of them.</param>
/// <param name="HostPort">Port on the host.</param>
/// <param name="GuestPort">Port in the guest.</param>
public readonly record struct PortForward(bool Udp, string? Address, int HostPort, int GuestPort)
{
    /// <summary>Reads one word of <c>forward=</c>: <c>2222:22</c>, <c>127.0.0.1/8080:80</c>, <c>udp/5353:53</c>, <c>443</c>.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="forward">The forward, when there is no problem.</param>
    public static bool TryParse(string text, out PortForward forward)
    {
        ArgumentNullException.ThrowIfNull(text);
        forward = default;
        var words = text.Split('/');
        var udp = words[0] == "udp";
        if (words[0] is "udp" or "tcp")
            words = words[1..];
        if (words.Length is < 1 or > 2 || (words.Length == 2 && !System.Net.IPAddress.TryParse(words[0], out _)))
            return false;
        var ports = words[^1].Split(':');
        if (ports.Length > 2 || !TryPort(ports[0], out var host) || !TryPort(ports[^1], out var guest))
            return false;
        forward = new(udp, words.Length == 2 ? words[0] : null, host, guest);
        return true;
    }

    /// <summary>The word that <see cref="TryParse"/> reads.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(Udp ? "udp/" : "")}{(Address is null ? "" : Address + "/")}{HostPort}:{GuestPort}");

    private static bool TryPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= 65535;
}
