using System.Buffers.Binary;
using Xenolith.Devices.Net.Frames;

namespace Xenolith.Tests.Unit.Devices.Net;

/// <summary>Frames for tests, and a checksum written as plainly as possible to compare with.</summary>
internal static class Packets
{
    public static byte[] Tcp(int payload, bool v6 = false, bool tagged = false, int seed = 1, int destination = 2)
    {
        var network = tagged ? 18 : 14;
        var transport = network + (v6 ? 40 : 20);
        var frame = new byte[transport + 20 + payload];
        new EthernetAddress(0x00163e000000UL | (uint)destination).Write(frame);
        new EthernetAddress(0x00163e000001).Write(frame.AsSpan(6));
        if (tagged)
        {
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), 0x8100);
        }

        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(network - 2), (ushort)(v6 ? 0x86dd : 0x0800));
        var ip = frame.AsSpan(network);
        if (v6)
        {
            ip[0] = 0x60;
            BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)(20 + payload));
            ip[6] = 6;
            ip[7] = 64;
            ip[8] = 0xfd;
            ip[23] = 1;
            ip[24] = 0xfd;
            ip[39] = 2;
        }
        else
        {
            ip[0] = 0x45;
            BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)(40 + payload));
            ip[8] = 64;
            ip[9] = 6;
            ip[12] = 10;
            ip[15] = 1;
            ip[16] = 10;
            ip[19] = 2;
            BinaryPrimitives.WriteUInt16BigEndian(ip[10..], (ushort)~Sum(ip[..20], 0));
        }

        var tcp = frame.AsSpan(transport);
        BinaryPrimitives.WriteUInt16BigEndian(tcp, 1234);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[2..], 80);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[4..], 1000);
        tcp[12] = 0x50;
        tcp[13] = 0x18;
        new Random(seed).NextBytes(tcp[20..]);
        return frame;
    }

    /// <summary>True if the TCP or UDP checksum of a frame is right.</summary>
    public static bool ChecksumIsRight(ReadOnlySpan<byte> frame)
    {
        var network = frame[12] == 0x81 ? 18 : 14;
        var ip = frame[network..];
        var v6 = ip[0] >> 4 == 6;
        var header = v6 ? 40 : (ip[0] & 15) * 4;
        var protocol = v6 ? ip[6] : ip[9];
        var length = v6 ? BinaryPrimitives.ReadUInt16BigEndian(ip[4..]) : BinaryPrimitives.ReadUInt16BigEndian(ip[2..]) - header;
        Assert.Equal(frame.Length, network + header + length);
        var sum = Sum(v6 ? ip[8..40] : ip[12..20], (uint)(protocol + length));
        return Sum(ip.Slice(header, length), sum) == 0xffff && (v6 || Sum(ip[..header], 0) == 0xffff);
    }

    /// <summary>RFC 1071, two bytes at a time.</summary>
    public static uint Sum(ReadOnlySpan<byte> bytes, uint sum)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            sum += (uint)bytes[i] << ((i & 1) == 0 ? 8 : 0);
            sum = (sum & 0xffff) + (sum >> 16);
        }

        return sum;
    }
}
