using System.Buffers.Binary;

namespace Xenolith.Devices.Net.Frames;

/// <summary>Where the headers of an Ethernet frame with TCP or UDP over IP lie. Pure; the frame is hostile.</summary>
/// <param name="Network">Offset of the IP header.</param>
/// <param name="Transport">Offset of the TCP or UDP header.</param>
/// <param name="IsV6">IPv6.</param>
/// <param name="IsTcp">TCP; else UDP.</param>
/// <param name="Tagged">The frame has a VLAN tag.</param>
public readonly record struct FrameHeaders(int Network, int Transport, bool IsV6, bool IsTcp, bool Tagged)
{
    /// <summary>So many bytes of a frame hold all headers that anything here looks at.</summary>
    public const int Enough = 256;

    /// <summary>Bytes of an Ethernet header.</summary>
    public const int Ethernet = 14;

    private const ushort V4 = 0x0800, V6 = 0x86dd, Vlan = 0x8100, ServiceVlan = 0x88a8;
    private const byte Tcp = 6, Udp = 17, HopByHop = 0, Routing = 43, DestinationOptions = 60;

    /// <summary>Where the checksum lies, from the transport header's start.</summary>
    public int ChecksumOffset => IsTcp ? 16 : 6;

    /// <summary>Finds them; false for anything but unfragmented TCP or UDP with a checksum field inside the given bytes.</summary>
    /// <param name="head">The frame's first bytes.</param>
    /// <param name="headers">Where they are.</param>
    public static bool TryFind(ReadOnlySpan<byte> head, out FrameHeaders headers)
    {
        headers = default;
        var network = Ethernet;
        if (head.Length < network)
        {
            return false;
        }

        var type = BinaryPrimitives.ReadUInt16BigEndian(head[12..]);
        var tagged = false;
        while (type is Vlan or ServiceVlan)
        {
            tagged = true;
            network += 4;
            if (network > 22 || head.Length < network)
            {
                return false;
            }

            type = BinaryPrimitives.ReadUInt16BigEndian(head[(network - 2)..]);
        }

        int transport;
        byte protocol;
        switch (type)
        {
            case V4 when head.Length >= network + 20:
                var length = (head[network] & 15) * 4;
                var fragment = BinaryPrimitives.ReadUInt16BigEndian(head[(network + 6)..]) & 0x3fff;
                if (head[network] >> 4 != 4 || length < 20 || fragment != 0)
                {
                    return false;
                }

                transport = network + length;
                protocol = head[network + 9];
                break;
            case V6 when head.Length >= network + 40 && head[network] >> 4 == 6:
                transport = network + 40;
                protocol = head[network + 6];
                while (protocol is HopByHop or Routing or DestinationOptions)
                {
                    if (head.Length < transport + 8)
                    {
                        return false;
                    }

                    protocol = head[transport];
                    transport += (head[transport + 1] + 1) * 8;
                }

                break;
            default:
                return false;
        }

        headers = new(network, transport, type == V6, protocol == Tcp, tagged);
        return protocol is Tcp or Udp && head.Length >= transport + (protocol == Tcp ? 20 : 8);
    }

    /// <summary>Bytes of all headers of a TCP frame; 0 if the TCP header's own length is impossible or lies outside the given bytes.</summary>
    public int TcpHeadersEnd(ReadOnlySpan<byte> head)
    {
        if (!IsTcp)
        {
            return 0;
        }

        var length = (head[Transport + 12] >> 4) * 4;
        return length >= 20 && Transport + length <= head.Length ? Transport + length : 0;
    }

    /// <summary>Sum of the pseudo header of a packet whose transport header and payload take so many bytes.</summary>
    public ulong PseudoHeader(ReadOnlySpan<byte> head, int transportBytes)
    {
        var sum = IsV6
            ? InternetChecksum.Add(0, head.Slice(Network + 8, 32))
            : InternetChecksum.Add(0, head.Slice(Network + 12, 8));
        sum = InternetChecksum.AddNumber(sum, IsTcp ? Tcp : Udp);
        return InternetChecksum.AddNumber(InternetChecksum.AddNumber(sum, transportBytes & 0xffff), transportBytes >> 16);
    }
}
