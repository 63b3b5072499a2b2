using System.Buffers.Binary;
using Xenolith.Devices.Net.Frames;
using Xenolith.Devices.Net.Switch;
using Xenolith.Host.Network;

namespace Xenolith.Devices.Net.Uplink;

/// <summary>
/// How many connections the guests of a switch may have through its uplink: each is a socket and buffers of one process, which their neighbours need too. A guest
/// may have as many as are free: one alone half of them, two that want all of them a third each, and for whoever comes next there are as many. Beyond that,
/// frames that could begin another are dropped, as by a router whose table is full; what is open goes on. Owned by one thread.
/// </summary>
/// <param name="most">Connections at most; datagrams and echoes count as such for as long as libslirp keeps their sockets.</param>
public sealed class ConnectionLimit(int most)
{
    private const int TypeAt = 12, DhcpServer = 67;
    private const ushort Arp = 0x0806, V6 = 0x86dd;
    private const byte Syn = 0x02, Ack = 0x10, ControlV6 = 58, EchoV6 = 128;

    private readonly int[] _of = new int[SwitchPort.MostLinks];
    private int _open;

    /// <summary>Nothing is open: <see cref="Count"/> tells what is.</summary>
    public void Recount()
    {
        Array.Clear(_of);
        _open = 0;
    }

    /// <summary>A socket is open.</summary>
    /// <param name="guest">Whose: the number of its connection to the switch's port; <see cref="SlirpStack.Nobody"/>: none of theirs.</param>
    public void Count(int guest)
    {
        _open++;
        if (guest >= 0)
        {
            _of[guest]++;
        }
    }

    /// <summary>Whether a frame of a guest may go on. If it could begin a connection, it counts as one until the next <see cref="Recount"/>.</summary>
    public bool Admits(ReadOnlySpan<byte> frame, int guest)
    {
        if (!Begins(frame))
        {
            return true;
        }

        if (_of[guest] >= most - _open)
        {
            return false;
        }

        Count(guest);
        return true;
    }

    /// <summary>Whether a frame could make libslirp open a socket: anything but what belongs to an open TCP connection, or to finding each other.</summary>
    private static bool Begins(ReadOnlySpan<byte> frame)
    {
        if (FrameHeaders.TryFind(frame[..Math.Min(frame.Length, FrameHeaders.Enough)], out var headers))
        {
            var transport = frame[headers.Transport..];
            return headers.IsTcp ? (transport[13] & (Syn | Ack)) == Syn : BinaryPrimitives.ReadUInt16BigEndian(transport[2..]) != DhcpServer;
        }

        var type = frame.Length < FrameHeaders.Ethernet ? 0 : BinaryPrimitives.ReadUInt16BigEndian(frame[TypeAt..]);
        const int nextHeader = FrameHeaders.Ethernet + 6, control = FrameHeaders.Ethernet + 40;
        return type != Arp && !(type == V6 && frame.Length > control && frame[nextHeader] == ControlV6 && frame[control] != EchoV6);
    }
}
