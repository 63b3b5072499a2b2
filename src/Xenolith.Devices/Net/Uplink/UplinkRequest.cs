using System.Net;
using System.Net.Sockets;
using System.Text;
using Xenolith.Devices.Net.Frames;

namespace Xenolith.Devices.Net.Uplink;

/// <summary>
/// What a monitor says first to its switch's uplink, one message: whose ports to forward. It holds as long as the connection. The answer is
/// <see cref="Done"/>, or why not; later come messages of <see cref="Moved"/> and an address, for the monitor to tell the next uplink.
/// </summary>
/// <param name="Guest">The guest's interface.</param>
/// <param name="Address">Its address, if it is known before the guest has shown it.</param>
/// <param name="Forwards">Its ports; none for a monitor that only wants to know when the uplink ends.</param>
public sealed record UplinkRequest(EthernetAddress Guest, IPAddress? Address, IReadOnlyList<UplinkForward> Forwards)
{
    /// <summary>The answer of an uplink that does what was asked.</summary>
    public const string Done = "done";

    /// <summary>Before an address: the guest has it now.</summary>
    public const string Moved = "at ";

    /// <summary>Bytes of the longest message.</summary>
    public const int Longest = 16 << 10;

    private const string Greeting = "xenolith-uplink-1", Unknown = "-";

    /// <summary>Reads a message.</summary>
    public static bool TryParse(ReadOnlySpan<byte> message, out UplinkRequest request)
    {
        request = null!;
        var lines = Encoding.UTF8.GetString(message).Split('\n');
        if (lines is not [Greeting, var guest, var address, ..] || !EthernetAddress.TryParse(guest, out var mac))
        {
            return false;
        }

        IPAddress? known = null;
        if (address != Unknown && !(IPAddress.TryParse(address, out known) && known.AddressFamily == AddressFamily.InterNetwork))
        {
            return false;
        }

        var forwards = new List<UplinkForward>();
        foreach (var line in lines[3..])
        {
            if (!UplinkForward.TryParse(line, out var forward))
            {
                return false;
            }

            forwards.Add(forward);
        }

        request = new(mac, known, forwards);
        return true;
    }

    /// <summary>The message.</summary>
    public byte[] ToMessage() => Encoding.UTF8.GetBytes(string.Join('\n', [Greeting, Guest.ToString(), Address?.ToString() ?? Unknown, .. Forwards.Select(f => f.ToString())]));
}
