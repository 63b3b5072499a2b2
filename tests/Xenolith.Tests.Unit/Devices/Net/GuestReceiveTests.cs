using Xenolith.Abi.Net;
using Xenolith.Devices.Net.Frames;
using Xenolith.Devices.Rings;

namespace Xenolith.Tests.Unit.Devices.Net;

public sealed class GuestReceiveTests
{
    private readonly MemoryPort _port = new();

    private static VnetHeader Large(bool v6) => new(VnetFlags.NeedsChecksum, v6 ? VnetGso.TcpV6 : VnetGso.TcpV4, (ushort)(v6 ? 74 : 54), 1448, (ushort)(v6 ? 54 : 34), 16);

    private static byte[] Blank(int payload, bool v6 = false, bool tagged = false)
    {
        var frame = Packets.Tcp(payload, v6, tagged);
        Assert.True(FrameOffload.TryDescribe(frame, frame.Length, true, false, 0, out _));
        return frame;
    }

    [Theory]
    [InlineData(60)]
    [InlineData(1514)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(9014)]
    [InlineData(65535)]
    public void A_packet_reaches_the_guest_whole(int length)
    {
        using var guest = new Frontend(_port);
        guest.Lend(256);
        var packets = Enumerable.Range(0, 5).Select(i => Packets.Tcp(length - 54, seed: i)).ToList();
        packets.ForEach(p => _port.Put(new(VnetFlags.DataValid, 0, 0, 0, 0, 0), p));
        guest.Receive.Pump(32);
        foreach (var packet in packets)
        {
            var got = guest.Next()!;
            Assert.Equal(packet, got.Bytes);
            Assert.Equal(NetifRxFlags.DataValidated, got.Flags & ~NetifRxFlags.MoreData);
        }

        Assert.Null(guest.Next());
        Assert.Equal((5L, 5L * length), (guest.Counters.ReceivedPackets, guest.Counters.ReceivedBytes));
    }

    [Theory]
    [InlineData(3000, false)]
    [InlineData(40000, false)]
    [InlineData(65000, true)]
    public void A_large_packet_keeps_its_segment_size(int payload, bool v6)
    {
        using var guest = new Frontend(_port);
        guest.Lend(256);
        var frame = Blank(payload, v6);
        for (var i = 0; i < 30; i++)
        {
            _port.Put(Large(v6), frame);
            guest.Receive.Pump(32);
            var got = guest.Next()!;
            Assert.Equal(frame, got.Bytes);
            Assert.Equal((1448, v6 ? NetifGsoType.TcpV6 : NetifGsoType.TcpV4), (got.GsoSize, got.Gso));
            Assert.True(got.Flags.HasFlag(NetifRxFlags.ChecksumBlank | NetifRxFlags.DataValidated));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_frontend_without_offloads_gets_finished_segments(bool v6)
    {
        using var guest = new Frontend(_port, Frontend.Plain);
        guest.Lend(256);
        var frame = Blank(20000, v6);
        _port.Put(Large(v6), frame);
        guest.Receive.Pump(32);
        var payload = new List<byte>();
        while (guest.Next() is { } got)
        {
            Assert.True(Packets.ChecksumIsRight(got.Bytes));
            Assert.Equal(0, got.GsoSize);
            Assert.Equal(1, got.Slots);
            Assert.False(got.Flags.HasFlag(NetifRxFlags.ChecksumBlank));
            payload.AddRange(got.Bytes[(v6 ? 74 : 54)..]);
        }

        Assert.Equal(frame[(v6 ? 74 : 54)..], payload);
    }

    [Fact]
    public void A_blank_checksum_behind_a_VLAN_tag_is_filled_in_since_no_frontend_finds_it()
    {
        using var guest = new Frontend(_port);
        guest.Lend(256);
        var frame = Blank(500, tagged: true);
        _port.Put(new(VnetFlags.NeedsChecksum, 0, 0, 0, 38, 16), frame);
        guest.Receive.Pump(32);
        var got = guest.Next()!;
        Assert.True(Packets.ChecksumIsRight(got.Bytes));
        Assert.Equal(NetifRxFlags.DataValidated, got.Flags);
    }

    [Fact]
    public void Few_pages_are_enough_and_none_leave_the_frames_in_the_port()
    {
        using var guest = new Frontend(_port);
        var small = Packets.Tcp(100);
        var large = Blank(40000);
        _port.Put(default, small);
        _port.Put(Large(false), large);
        guest.Receive.Pump(32);
        Assert.False(guest.Receive.WaitsForFrames);
        guest.Lend(3);
        guest.Receive.Pump(32);
        Assert.Equal(small, guest.Next()!.Bytes);
        Assert.Null(guest.Next());
        Assert.False(guest.Receive.WaitsForFrames);
        guest.Lend(10);
        guest.Receive.Pump(32);
        Assert.Equal(large, guest.Next()!.Bytes);
        Assert.Equal(0, guest.Counters.ReceivedDropped);
    }

    [Fact]
    public void Headers_that_lie_cost_only_their_frame()
    {
        using var guest = new Frontend(_port);
        guest.Lend(256);
        var frame = Packets.Tcp(100);
        _port.Put(new(VnetFlags.NeedsChecksum, 0, 0, 0, 60000, 16), frame);
        _port.Put(new(VnetFlags.NeedsChecksum, VnetGso.TcpV4, 54, 0, 34, 16), frame);
        _port.Put(new(VnetFlags.None, VnetGso.TcpV4, 54, 100, 34, 16), frame);
        _port.Put(new(VnetFlags.None, (VnetGso)77, 54, 100, 34, 16), frame);
        _port.Put(default, [1, 2, 3]);
        _port.Put(default, new byte[80000]);
        _port.Put(default, frame);
        guest.Receive.Pump(32);
        Assert.Equal(frame, guest.Next()!.Bytes);
        Assert.Null(guest.Next());
        Assert.Equal(6, guest.Counters.ReceivedDropped);
    }

    [Fact]
    public void Multicasts_that_nobody_asked_for_take_no_page()
    {
        using var guest = new Frontend(_port, Frontend.Full with { MulticastControl = true });
        guest.Lend(256);
        var frame = Packets.Tcp(10);
        new EthernetAddress(0x01005e000001).Write(frame);
        _port.Put(default, frame);
        guest.Receive.Pump(32);
        Assert.Null(guest.Next());
        guest.Filter.Change(new EthernetAddress(0x01005e000001), add: true);
        _port.Put(default, frame);
        guest.Receive.Pump(32);
        Assert.Equal(frame, guest.Next()!.Bytes);
    }

    [Fact]
    public void A_page_that_was_not_granted_for_writing_stops_the_ring()
    {
        using var guest = new Frontend(_port);
        guest.Memory.MakeReadOnly(Frontend.RxPages + 3);
        guest.Lend(10);
        Assert.Contains("grant 5", Assert.Throws<RingException>(() => guest.Receive.Pump(32)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_receive_index_that_lies_stops_the_ring()
    {
        using var guest = new Frontend(_port);
        guest.PublishRxIndex(0x8000_0000);
        Assert.Throws<RingException>(() => guest.Receive.Pump(32));
    }

    [Fact]
    public void Receiving_allocates_nothing()
    {
        using var guest = new Frontend(_port);
        guest.Lend(256);
        var frame = Blank(30000);
        _port.Put(Large(false), frame);
        guest.Receive.Pump(1);
        for (var i = 0; i < 10; i++)
        {
            _port.Put(Large(false), frame);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        guest.Receive.Pump(32);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(11, guest.Counters.ReceivedPackets);
    }
}
