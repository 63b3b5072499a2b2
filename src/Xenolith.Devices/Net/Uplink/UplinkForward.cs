using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Xenolith.Devices.Net.Uplink;

/// <summary>A port of the host that an uplink leads to a port of a guest, over IPv4.</summary>
/// <param name="Udp">Datagrams; otherwise TCP connections.</param>
/// <param name="Host">The host's address to listen at; 0.0.0.0 for all.</param>
/// <param name="HostPort">Port on the host.</param>
/// <param name="GuestPort">Port in the guest.</param>
public readonly record struct UplinkForward(bool Udp, IPAddress Host, int HostPort, int GuestPort)
{
    private const int Words = 4;

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    public static bool TryParse(string text, out UplinkForward forward)
    {
        ArgumentNullException.ThrowIfNull(text);
        forward = default;
        var words = text.Split(' ');
        if (words.Length != Words || words[0] is not ("tcp" or "udp") || !IPAddress.TryParse(words[1], out var host) || host.AddressFamily != AddressFamily.InterNetwork
            || !TryPort(words[2], out var hostPort) || !TryPort(words[3], out var guestPort))
        {
            return false;
        }

        forward = new(words[0] == "udp", host, hostPort, guestPort);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(Udp ? "udp" : "tcp")} {Host} {HostPort} {GuestPort}");

    private static bool TryPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= ushort.MaxValue;
}
