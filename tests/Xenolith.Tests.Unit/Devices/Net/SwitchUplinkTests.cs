using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
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
    private const int MostConnections = 12;

    private readonly string _path = Directory.CreateTempSubdirectory("uplink").FullName;
    private readonly DirectoryHandle _root;
    private readonly SwitchUplink _uplink;
    private readonly SwitchPort _guest;
    private readonly byte[] _buffer = GC.AllocateArray<byte>(70000, pinned: true);

    public SwitchUplinkTests()
    {
        _root = DirectoryHandle.Open(_path);
        var uplink = UplinkDirectory.Claim(_root, "bridge0")!;
        _uplink = new SwitchUplink(new SwitchPort(uplink[0], uplink[1]), uplink[2], SlirpNetwork.Usual, MostConnections);
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
        Assert.Null(UplinkDirectory.Claim(_root, "bridge0"));
    }

    [Fact]
    public void A_port_of_the_host_leads_to_the_address_that_the_guest_shows_until_its_monitor_goes()
    {
        var port = FreePort();
        using var monitor = Ask(port, out var answer);
        Assert.Equal(UplinkRequest.Done, answer);

        foreach (var address in (string[])["10.0.2.15", "10.0.2.77"])
        {
            // Addresses that change more often than once a second are not followed.
            Thread.Sleep(1100);
            Send(Arp(address));
            Receive(f => f[13] == 6);
            using var caller = new TcpClient();
            var connecting = caller.ConnectAsync(IPAddress.Loopback, port);
            var syn = Receive(f => f[12] == 8 && f[13] == 0 && f[23] == 6 && f[47] == 2);
            Assert.Equal(UplinkRequest.Moved + address, Answer(monitor));
            Assert.Equal((address, 22), (new IPAddress(syn[30..34]).ToString(), BinaryPrimitives.ReadUInt16BigEndian(syn.AsSpan(36))));
        }

        monitor.Dispose();
        Wait.Until(() =>
        {
            _uplink.Turn(1);
            using var caller = new TcpListener(IPAddress.Loopback, port);
            try
            {
                caller.Start();
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        });
    }

    [Fact]
    public void A_lease_is_enough_for_a_port_to_lead_there()
    {
        var port = FreePort();
        using var monitor = Ask(port, out _);
        Send(DhcpDiscover(1));
        Receive(f => f.Length > 300 && f[23] == 17);

        using var caller = new TcpClient();
        var connecting = caller.ConnectAsync(IPAddress.Loopback, port);
        var syn = Receive(f => f[12] == 8 && f[13] == 0 && f[23] == 6 && f[47] == 2);
        Assert.Equal(("10.0.2.15", 22), (new IPAddress(syn[30..34]).ToString(), BinaryPrimitives.ReadUInt16BigEndian(syn.AsSpan(36))));
    }

    [Fact]
    public void A_port_that_is_taken_is_named()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        using var monitor = Ask(port, out var answer);
        Assert.Equal($"TCP port {port} of this host's 127.0.0.1: Address already in use", answer);
    }

    [Theory]
    [InlineData("hello")]
    [InlineData("xenolith-uplink-1\n00:16:3e:00:00:01\n-\ntcp 127.0.0.1 0 22")]
    [InlineData("xenolith-uplink-1\n00:16:3e:00:00:01\n-\ntcp ::1 2222 22")]
    [InlineData("xenolith-uplink-1\nme\n-")]
    public void Who_says_something_else_is_left(string message)
    {
        using var socket = UplinkDirectory.Connect(_root, "bridge0")!;
        Assert.True(MessageSocket.Send(socket, Encoding.UTF8.GetBytes(message), wait: false));
        Assert.Equal("", Answer(socket));
    }

    [Fact]
    public void A_large_packet_over_ipv6_arrives_whole()
    {
        using var server = new TcpListener(IPAddress.IPv6Loopback, 0);
        server.Start();
        Send(NeighbourAdvertisement());
        var syn = V6(((IPEndPoint)server.LocalEndpoint).Port, 0);
        syn[67] = 2;
        Send(syn, Described(syn, 0));
        var answer = Receive(f => f[12] == 0x86 && f[20] == 6);
        Assert.Equal(0x12, answer[67]);

        var data = V6(((IPEndPoint)server.LocalEndpoint).Port, 7000);
        data[67] = 0x10;
        BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(58), 1001);
        BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(62), BinaryPrimitives.ReadUInt32BigEndian(answer.AsSpan(58)) + 1);
        Send(data, Described(data, 1400));
        Wait.Until(() =>
        {
            _uplink.Turn(1);
            return server.Pending();
        });
        using var client = server.AcceptTcpClient();
        Wait.Until(() =>
        {
            _uplink.Turn(1);
            return client.Available == 7000;
        });
        var got = new byte[7000];
        client.GetStream().ReadExactly(got);
        Assert.Equal(data[74..], got);
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
        Connect(_guest, Receive(f => f[12] == 8 && f[13] == 6)[22..28], port, 40000);
        var answer = Receive(f => f[12] == 8 && f[13] == 0 && f[23] == 6);
        Assert.Equal(0x12, answer[47]);
        Assert.True(Packets.ChecksumIsRight(answer));
    }

    private SafeFileHandle Ask(int port, out string answer)
    {
        var socket = UplinkDirectory.Connect(_root, "bridge0")!;
        var request = new UplinkRequest(new EthernetAddress(0x00163e000001), null, [new UplinkForward(false, IPAddress.Loopback, port, 22)]);
        Assert.True(MessageSocket.Send(socket, request.ToMessage(), wait: false));
        answer = Answer(socket);
        return socket;
    }

    private string Answer(SafeFileHandle socket)
    {
        var buffer = new byte[1000];
        var count = 0;
        Wait.Until(() =>
        {
            _uplink.Turn(1);
            return (count = StreamSocket.Receive(socket, buffer)) != Descriptors.WouldBlock;
        });
        return Encoding.UTF8.GetString(buffer.AsSpan(0, count));
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static VnetHeader Described(byte[] frame, int gso)
    {
        Assert.True(FrameOffload.TryDescribe(frame, frame.Length, checksumBlank: true, validated: false, gso, out var header));
        return header;
    }

    [Fact]
    public void Guests_that_send_without_end_do_not_keep_it_from_its_other_sides()
    {
        var stop = false;
        var frame = DhcpDiscover(9);
        var floods = Enumerable.Range(2, 2).Select(number => new Thread(() =>
        {
            var ends = SwitchDirectory.Join(_root, "bridge0", $"vif{number}.0");
            using var port = new SwitchPort(ends[0], ends[1]);
            var buffer = GC.AllocateArray<byte>(frame.Length, pinned: true);
            frame.CopyTo(buffer, 0);
            port.Receive([new MemoryRun(Marshal.UnsafeAddrOfPinnedArrayElement(buffer, 0), 0)], out _);
            while (!Volatile.Read(ref stop))
            {
                port.TrySend(default, EthernetAddress.Broadcast, [new MemoryRun(Marshal.UnsafeAddrOfPinnedArrayElement(buffer, 0), buffer.Length)]);
            }
        })).ToList();
        var turns = new Thread(() =>
        {
            for (var i = 0; i < 200; i++)
            {
                _uplink.Turn(10);
            }
        });
        floods.ForEach(thread => thread.Start());
        turns.Start();
        try
        {
            Assert.True(turns.Join(TimeSpan.FromSeconds(60)), "it does nothing else than take their frames");
        }
        finally
        {
            Volatile.Write(ref stop, true);
            floods.ForEach(thread => thread.Join());
            turns.Join();
        }
    }

    [Fact]
    public void Connections_are_limited_and_those_that_are_open_go_on()
    {
        const int most = 12, tried = 50, guest = 5, other = 1023;
        var limit = new ConnectionLimit(most);
        for (var open = 0; open < most; open += 4)
        {
            limit.Recount();
            for (var i = 0; i < open; i++)
            {
                limit.Count(SlirpStack.Nobody);
            }

            // Half of what is free, and the same again for half of the rest.
            Assert.Equal((most - open) / 2, Enumerable.Range(0, tried).Count(_ => limit.Admits(Syn(), guest)));
            Assert.Equal((most - open) / 4, Enumerable.Range(0, tried).Count(_ => limit.Admits(Syn(), other)));
            Assert.True(limit.Admits(Packets.Tcp(100), guest));
            Assert.True(limit.Admits(Arp(), guest));
            Assert.True(limit.Admits(DhcpDiscover(1), guest));
            Assert.True(limit.Admits(NeighbourAdvertisement(), guest));
            Assert.False(limit.Admits(new byte[60], guest));
        }

        static byte[] Syn()
        {
            var frame = Packets.Tcp(0);
            frame[14 + 20 + 13] = 2;
            return frame;
        }
    }

    [Fact]
    public void Guests_that_open_connections_without_end_share_them_with_whoever_comes_next()
    {
        const int most = 4096, guests = 7;
        var limit = new ConnectionLimit(most);
        for (var flooding = 1; flooding <= guests; flooding++)
        {
            // Each of those that flood closes some, and all of them want more than before.
            limit.Recount();
            var frame = new byte[60];
            var admitted = new int[guests + 1];
            for (var i = 0; i < most; i++)
            {
                for (var guest = 0; guest < flooding; guest++)
                {
                    admitted[guest] += limit.Admits(frame, guest) ? 1 : 0;
                }
            }

            Assert.All(admitted[..flooding], count => Assert.InRange(count, (most / (flooding + 1)) - 1, (most / (flooding + 1)) + 1));
            Assert.True(limit.Admits(frame, guests), "there is none for another guest");
        }
    }

    [Fact]
    public void A_guest_that_opens_connections_without_end_does_not_keep_another_from_its_own()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start(200);
        var port = ((IPEndPoint)server.LocalEndpoint).Port;
        var accepted = new List<TcpClient>();
        Send(Arp());
        var gateway = Receive(f => f[12] == 8 && f[13] == 6)[22..28];
        var ends = SwitchDirectory.Join(_root, "bridge0", "vif2.0");
        using var other = new SwitchPort(ends[0], ends[1]);
        other.Receive([new MemoryRun(Marshal.UnsafeAddrOfPinnedArrayElement(_buffer, 0), _buffer.Length)], out _);

        Flood(20000, MostConnections / 2);
        Flood(30000, MostConnections / 2);
        Connect(other, gateway, port, 40000);
        Await((MostConnections / 2) + 1);

        // What it gives up it can have again.
        for (var i = 0; i < 5 * MostConnections; i++)
        {
            Connect(_guest, gateway, port, 20000 + i, giveUp: true);
            Accept();
        }

        Flood(50000, MostConnections + 1);
        accepted.ForEach(client => client.Dispose());

        void Flood(int from, int open)
        {
            for (var i = 0; i < 5 * MostConnections; i++)
            {
                Connect(_guest, gateway, port, from + i);
                Accept();
            }

            Await(open);
        }

        void Await(int open) => Wait.Until(() =>
        {
            Accept();
            return accepted.Count == open;
        });

        void Accept()
        {
            _uplink.Turn(1);
            while (server.Pending())
            {
                accepted.Add(server.AcceptTcpClient());
            }
        }
    }

    /// <summary>Asks the router, and so the host's loopback, for a connection, or gives one up; the checksum is the receiver's to fill in.</summary>
    private void Connect(SwitchPort guest, byte[] gateway, int port, int from, bool giveUp = false)
    {
        const byte synchronize = 2, reset = 4;
        var syn = Packets.Tcp(0);
        gateway.CopyTo(syn, 0);
        IPAddress.Parse("10.0.2.15").TryWriteBytes(syn.AsSpan(26), out _);
        IPAddress.Parse("10.0.2.2").TryWriteBytes(syn.AsSpan(30), out _);
        syn.AsSpan(24, 2).Clear();
        BinaryPrimitives.WriteUInt16BigEndian(syn.AsSpan(24), (ushort)~Packets.Sum(syn.AsSpan(14, 20), 0));
        BinaryPrimitives.WriteUInt16BigEndian(syn.AsSpan(34), (ushort)from);
        BinaryPrimitives.WriteUInt16BigEndian(syn.AsSpan(36), (ushort)port);
        syn[41] += (byte)(giveUp ? 1 : 0);
        syn[47] = giveUp ? reset : synchronize;
        Send(syn, Described(syn, 0), guest);
    }

    /// <summary>A TCP frame from fec0::1 to the router, which leads to the host.</summary>
    private static byte[] V6(int port, int payload)
    {
        var frame = Packets.Tcp(payload, v6: true);
        IPAddress.Parse("fec0::1").TryWriteBytes(frame.AsSpan(22), out _);
        IPAddress.Parse("fec0::2").TryWriteBytes(frame.AsSpan(38), out _);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(56), (ushort)port);
        return frame;
    }

    /// <summary>Says which interface fec0::1 is.</summary>
    private static byte[] NeighbourAdvertisement()
    {
        var frame = new byte[14 + 40 + 32];
        EthernetAddress.Broadcast.Write(frame);
        new EthernetAddress(0x00163e000001).Write(frame.AsSpan(6));
        new byte[] { 0x86, 0xdd, 0x60, 0, 0, 0, 0, 32, 58, 255 }.CopyTo(frame, 12);
        IPAddress.Parse("fec0::1").TryWriteBytes(frame.AsSpan(22), out _);
        IPAddress.Parse("ff02::1").TryWriteBytes(frame.AsSpan(38), out _);
        frame[54] = 136;
        frame[58] = 0x20;
        IPAddress.Parse("fec0::1").TryWriteBytes(frame.AsSpan(62), out _);
        frame[78] = 2;
        frame[79] = 1;
        new EthernetAddress(0x00163e000001).Write(frame.AsSpan(80));
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(56), (ushort)~Packets.Sum(frame.AsSpan(54), Packets.Sum(frame.AsSpan(22, 32), 32 + 58)));
        return frame;
    }

    private void Send(byte[] frame, VnetHeader header = default, SwitchPort? from = null)
    {
        frame.CopyTo(_buffer, 0);
        (from ?? _guest).TrySend(in header, EthernetAddress.Read(frame), [new MemoryRun(Marshal.UnsafeAddrOfPinnedArrayElement(_buffer, 0), frame.Length)]);
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

    private static byte[] Arp(string sender = "10.0.2.15")
    {
        var frame = new byte[42];
        EthernetAddress.Broadcast.Write(frame);
        new EthernetAddress(0x00163e000001).Write(frame.AsSpan(6));
        new byte[] { 8, 6, 0, 1, 8, 0, 6, 4, 0, 1 }.CopyTo(frame, 12);
        new EthernetAddress(0x00163e000001).Write(frame.AsSpan(22));
        IPAddress.Parse(sender).TryWriteBytes(frame.AsSpan(28), out _);
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
