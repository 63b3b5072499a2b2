using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Xenolith.Devices.Net.Frames;
using Xenolith.Devices.Net.Switch;
using Xenolith.Devices.Net.Uplink;
using Xenolith.Host;
using Xenolith.Host.Files;
using Xenolith.Host.Network;

namespace Xenolith.Tests.Unit.Devices.Net;

/// <summary>The real libslirp behind a real switch, with a guest's frames made by hand.</summary>
public sealed class SwitchUplinkTests : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("uplink").FullName;
    private readonly DirectoryHandle _root;
    private readonly SwitchUplink _uplink;
    private readonly SwitchPort _guest;
    private readonly byte[] _buffer = GC.AllocateArray<byte>(70000, pinned: true);

    public SwitchUplinkTests()
    {
        _root = DirectoryHandle.Open(_path);
        var uplink = SwitchDirectory.JoinUnlessThere(_root, "bridge0", SwitchUplink.PortName)!;
        _uplink = new SwitchUplink(new SwitchPort(uplink[0], uplink[1]), SlirpNetwork.Usual);
        var guest = SwitchDirectory.Join(_root, "bridge0", "vif1.0");
        _guest = new SwitchPort(guest[0], guest[1]);
        Take();
    }

    public void Dispose()
    {
        _uplink.Dispose();
        _guest.Dispose();
        _root.Dispose();
        Directory.Delete(_path, recursive: true);
    }

    [Fact]
    public void There_is_one_uplink_on_a_switch()
    {
        _uplink.Turn(0);
        Assert.Null(SwitchDirectory.JoinUnlessThere(_root, "bridge0", SwitchUplink.PortName));
    }

    [Fact]
    public void Each_guest_is_leased_its_own_address()
    {
        var leases = new HashSet<string>();
        for (byte i = 1; i <= 3; i++)
        {
            Send(DhcpDiscover(i));
            var offer = Receive(f => f.Length > 300 && f[23] == 17);
            leases.Add(new IPAddress(offer[58..62]).ToString());
        }

        Assert.Equal(["10.0.2.15", "10.0.2.16", "10.0.2.17"], leases.Order());
    }

    [Fact]
    public void The_gateway_leads_to_the_hosts_own_loopback_also_with_blank_checksums()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var port = ((IPEndPoint)server.LocalEndpoint).Port;
        Send(Arp());
        var gateway = Receive(f => f[12] == 8 && f[13] == 6)[22..28];
        var syn = Packets.Tcp(0);
        gateway.CopyTo(syn, 0);
        IPAddress.Parse("10.0.2.15").TryWriteBytes(syn.AsSpan(26), out _);
        IPAddress.Parse("10.0.2.2").TryWriteBytes(syn.AsSpan(30), out _);
        syn.AsSpan(24, 2).Clear();
        BinaryPrimitives.WriteUInt16BigEndian(syn.AsSpan(24), (ushort)~Packets.Sum(syn.AsSpan(14, 20), 0));
        BinaryPrimitives.WriteUInt16BigEndian(syn.AsSpan(36), (ushort)port);
        syn[47] = 2;
        Assert.True(FrameOffload.TryDescribe(syn, syn.Length, checksumBlank: true, validated: false, 0, out var header));
        Send(syn, header);
        var answer = Receive(f => f[12] == 8 && f[13] == 0 && f[23] == 6);
        Assert.Equal(0x12, answer[47]);
        Assert.True(Packets.ChecksumIsRight(answer));
    }

    private void Send(byte[] frame, VnetHeader header = default)
    {
        frame.CopyTo(_buffer, 0);
        _guest.TrySend(in header, EthernetAddress.Read(frame), [new MemoryRun(Marshal.UnsafeAddrOfPinnedArrayElement(_buffer, 0), frame.Length)]);
    }

    private byte[]? Take()
    {
        var count = _guest.Receive([new MemoryRun(Marshal.UnsafeAddrOfPinnedArrayElement(_buffer, 0), _buffer.Length)], out _);
        return count < 0 ? null : _buffer[..count];
    }

    private byte[] Receive(Func<byte[], bool> wanted)
    {
        byte[]? found = null;
        Wait.Until(() =>
        {
            _uplink.Turn(1);
            while (found is null && Take() is { } frame)
            {
                found = wanted(frame) ? frame : null;
            }

            return found is not null;
        });
        return found!;
    }

    private static byte[] Arp()
    {
        var frame = new byte[42];
        EthernetAddress.Broadcast.Write(frame);
        new EthernetAddress(0x00163e000001).Write(frame.AsSpan(6));
        new byte[] { 8, 6, 0, 1, 8, 0, 6, 4, 0, 1 }.CopyTo(frame, 12);
        new EthernetAddress(0x00163e000001).Write(frame.AsSpan(22));
        IPAddress.Parse("10.0.2.15").TryWriteBytes(frame.AsSpan(28), out _);
        IPAddress.Parse("10.0.2.2").TryWriteBytes(frame.AsSpan(38), out _);
        return frame;
    }

    private static byte[] DhcpDiscover(byte client)
    {
        var frame = new byte[14 + 20 + 8 + 240 + 4];
        EthernetAddress.Broadcast.Write(frame);
        var address = new EthernetAddress(0x00163e000000UL | client);
        address.Write(frame.AsSpan(6));
        frame[12] = 8;
        var ip = frame.AsSpan(14);
        ip[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)ip.Length);
        ip[8] = 64;
        ip[9] = 17;
        ip[16..20].Fill(255);
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], (ushort)~Packets.Sum(ip[..20], 0));
        var udp = ip[20..];
        udp[1] = 68;
        udp[3] = 67;
        BinaryPrimitives.WriteUInt16BigEndian(udp[4..], (ushort)udp.Length);
        var dhcp = udp[8..];
        dhcp[0] = dhcp[1] = 1;
        dhcp[2] = 6;
        dhcp[7] = client;
        address.Write(dhcp[28..]);
        new byte[] { 0x63, 0x82, 0x53, 0x63, 53, 1, 1, 255 }.CopyTo(dhcp[236..]);
        return frame;
    }
}
