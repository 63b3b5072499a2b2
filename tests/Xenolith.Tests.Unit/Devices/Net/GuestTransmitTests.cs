using Xenolith.Abi.Net;
using Xenolith.Devices.Net.Frames;
using Xenolith.Devices.Net.Guest;
using Xenolith.Devices.Net.Ports;
using Xenolith.Devices.Rings;

namespace Xenolith.Tests.Unit.Devices.Net;

public sealed class GuestTransmitTests
{
    private readonly MemoryPort _port = new();

    [Theory]
    [InlineData(60, 1500)]
    [InlineData(1514, 1500)]
    [InlineData(1514, 20)]
    [InlineData(9000, 66)]
    [InlineData(65535, 1500)]
    public void A_packet_reaches_the_port_whole(int length, int first)
    {
        using var guest = new Frontend(_port);
        var packet = Packets.Tcp(length - 54);
        guest.Send(packet, first: first);
        Assert.False(guest.Transmit.Pump(32, TimeSpan.Zero));
        var (header, frame) = Assert.Single(_port.Sent);
        Assert.Equal(packet, frame);
        Assert.Equal(default, header);
        var answers = guest.TxAnswers();
        Assert.All(answers, a => Assert.Equal(NetifStatus.Okay, a.Status));
        Assert.Equal(Enumerable.Range(1000, answers.Count), answers.Select(a => a.Id));
        Assert.Equal(0, guest.Memory.Mapped);
        Assert.Equal((1L, (long)length), (guest.Counters.SentPackets, guest.Counters.SentBytes));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_large_packet_with_a_blank_checksum_is_described_to_the_port(bool v6)
    {
        using var guest = new Frontend(_port);
        var packet = Packets.Tcp(40000, v6);
        guest.Send(packet, NetifTxFlags.ChecksumBlank | NetifTxFlags.DataValidated, gso: 1448, v6: v6);
        guest.Transmit.Pump(32, TimeSpan.Zero);
        var (header, frame) = Assert.Single(_port.Sent);
        var transport = v6 ? 54 : 34;
        Assert.Equal(new VnetHeader(VnetFlags.NeedsChecksum, v6 ? VnetGso.TcpV6 : VnetGso.TcpV4, (ushort)(transport + 20), 1448, (ushort)transport, 16), header);
        FrameOffload.FillChecksum(frame, in header);
        Assert.True(Packets.ChecksumIsRight(frame));
        Assert.Contains(guest.TxAnswers(), a => a.Status == NetifStatus.Null);
    }

    [Theory]
    [InlineData(100, 1500)]
    [InlineData(40001, 71)]
    [InlineData(40000, 300)]
    public void A_port_without_checksum_offload_gets_them_filled_in(int payload, int first)
    {
        var port = new MemoryPort(blankChecksums: false);
        using var guest = new Frontend(port);
        guest.Send(Packets.Tcp(payload), NetifTxFlags.ChecksumBlank, gso: payload > 1448 ? 1448 : 0, first: first);
        guest.Transmit.Pump(32, TimeSpan.Zero);
        var (header, frame) = Assert.Single(port.Sent);
        Assert.False(header.NeedsChecksum);
        Assert.True(Packets.ChecksumIsRight(frame));
    }

    [Fact]
    public void A_packet_that_the_port_has_no_room_for_is_kept_and_the_guest_waits()
    {
        using var guest = new Frontend(_port);
        _port.Outcome = SendOutcome.Full;
        guest.Send(Packets.Tcp(100));
        guest.Send(Packets.Tcp(200));
        Assert.False(guest.Transmit.Pump(32, TimeSpan.Zero));
        Assert.Equal(TxWait.Port, guest.Transmit.Waiting);
        Assert.Empty(guest.TxAnswers());
        _port.Outcome = SendOutcome.Sent;
        Assert.False(guest.Transmit.Pump(32, TimeSpan.Zero));
        Assert.Equal([154, 254], _port.Sent.Select(s => s.Frame.Length));
        Assert.Equal(TxWait.Guest, guest.Transmit.Waiting);
    }

    [Fact]
    public void What_nobody_takes_is_answered_as_dropped()
    {
        using var guest = new Frontend(_port);
        _port.Outcome = SendOutcome.Dropped;
        guest.Send(Packets.Tcp(100));
        guest.Transmit.Pump(32, TimeSpan.Zero);
        Assert.Equal(NetifStatus.Dropped, Assert.Single(guest.TxAnswers()).Status);
        Assert.Equal(1, guest.Counters.SentDropped);
    }

    [Fact]
    public void The_rate_holds_packets_back_until_there_is_credit()
    {
        using var guest = new Frontend(_port, rate: new RateLimit(200_000, 50_000));
        for (var i = 0; i < 6; i++)
        {
            guest.Send(Packets.Tcp(60_000 - 54), gso: 1448, flags: NetifTxFlags.ChecksumBlank);
        }

        guest.Transmit.Pump(32, TimeSpan.Zero);
        Assert.Equal(3, _port.Sent.Count);
        Assert.Equal(TxWait.Credit, guest.Transmit.Waiting);
        Assert.Equal(TimeSpan.FromMilliseconds(50), guest.Transmit.CreditAt);
        guest.Transmit.Pump(32, TimeSpan.FromMilliseconds(49));
        Assert.Equal(3, _port.Sent.Count);
        guest.Transmit.Pump(32, TimeSpan.FromMilliseconds(50));
        Assert.Equal(6, _port.Sent.Count);
    }

    [Fact]
    public void Multicast_addresses_are_added_and_deleted_by_requests_without_a_packet()
    {
        using var guest = new Frontend(_port, Frontend.Full with { MulticastControl = true });
        var group = new EthernetAddress(0x01005e0000fb);
        Assert.False(guest.Filter.Passes(group));
        guest.PutTx(0, 0, NetifTxFlags.ExtraInfo, 7, 0);
        guest.PutExtra([(byte)NetifExtraType.MulticastAdd, 0, 1, 0, 0x5e, 0, 0, 0xfb]);
        guest.PublishTx();
        guest.Transmit.Pump(32, TimeSpan.Zero);
        Assert.True(guest.Filter.Passes(group));
        Assert.Equal([(7, NetifStatus.Okay), (0, NetifStatus.Null)], guest.TxAnswers());
        guest.PutTx(0, 0, NetifTxFlags.ExtraInfo, 8, 0);
        guest.PutExtra([(byte)NetifExtraType.MulticastDelete, 0, 1, 0, 0x5e, 0, 0, 0xfb]);
        guest.PublishTx();
        guest.Transmit.Pump(32, TimeSpan.Zero);
        Assert.False(guest.Filter.Passes(group));
        Assert.True(guest.Filter.Passes(EthernetAddress.Broadcast));
        Assert.Empty(_port.Sent);
    }

    [Fact]
    public void Sending_allocates_nothing()
    {
        using var guest = new Frontend(_port);
        _port.Keeps = false;
        var packet = Packets.Tcp(30000);
        for (var i = 0; i < 3; i++)
        {
            guest.Send(packet, NetifTxFlags.ChecksumBlank, gso: 1448);
            guest.Transmit.Pump(32, TimeSpan.Zero);
        }

        for (var i = 0; i < 10; i++)
        {
            guest.Send(packet, NetifTxFlags.ChecksumBlank, gso: 1448);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        guest.Transmit.Pump(32, TimeSpan.Zero);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(13, guest.Counters.SentPackets);
    }

    [Fact]
    public void A_packet_with_too_many_pieces_is_refused_and_one_with_far_too_many_stops_the_ring()
    {
        using var guest = new Frontend(_port);
        for (var i = 0; i < 20; i++)
        {
            guest.PutTx(Frontend.TxPages, 0, i < 19 ? NetifTxFlags.MoreData : 0, i, i == 0 ? 2000 : 100);
        }

        guest.PublishTx();
        guest.Transmit.Pump(32, TimeSpan.Zero);
        var answers = guest.TxAnswers();
        Assert.Equal(20, answers.Count);
        Assert.All(answers, a => Assert.Equal(NetifStatus.Error, a.Status));
        for (var i = 0; i < 30; i++)
        {
            guest.PutTx(Frontend.TxPages, 0, NetifTxFlags.MoreData, i, i == 0 ? 3000 : 100);
        }

        guest.PublishTx();
        Assert.Throws<RingException>(() => guest.Transmit.Pump(32, TimeSpan.Zero));
    }

    public static TheoryData<string, Action<object>> Lies => new()
    {
        { "leaves its page", g => ((Frontend)g).PutTx(Frontend.TxPages, 4000, NetifTxFlags.None, 1, 200) },
        { "grant 77777 of a packet does not exist", g => ((Frontend)g).PutTx(77777, 0, NetifTxFlags.None, 1, 60) },
        { "the ring ends before the rest of a packet", g => ((Frontend)g).PutTx(Frontend.TxPages, 0, NetifTxFlags.MoreData, 1, 60) },
        { "the ring ends before its extra information", g => ((Frontend)g).PutTx(Frontend.TxPages, 0, NetifTxFlags.ExtraInfo, 1, 60) },
        { "a segment size of zero", g => PutWithGso((Frontend)g, NetifGsoType.TcpV4, 0) },
        { "segmentation of unknown kind 9", g => PutWithGso((Frontend)g, (NetifGsoType)9, 100) },
        { "extra information of unknown kind 200", g => { ((Frontend)g).PutTx(Frontend.TxPages, 0, NetifTxFlags.ExtraInfo, 1, 60); ((Frontend)g).PutExtra([200]); } },
    };

    [Theory]
    [MemberData(nameof(Lies))]
    public void A_lie_stops_the_ring_and_says_which(string reason, Action<object> put)
    {
        ArgumentNullException.ThrowIfNull(put);
        using var guest = new Frontend(_port);
        put(guest);
        guest.PublishTx();
        var told = Assert.Throws<RingException>(() => guest.Transmit.Pump(32, TimeSpan.Zero));
        Assert.Contains(reason, told.Message, StringComparison.Ordinal);
        Assert.Empty(_port.Sent);
    }

    [Fact]
    public void A_blank_checksum_in_what_is_no_TCP_or_UDP_is_refused()
    {
        using var guest = new Frontend(_port);
        guest.Send(new byte[100], NetifTxFlags.ChecksumBlank);
        guest.Transmit.Pump(32, TimeSpan.Zero);
        Assert.Equal(NetifStatus.Error, Assert.Single(guest.TxAnswers()).Status);
        Assert.Empty(_port.Sent);
    }

    private static void PutWithGso(Frontend guest, NetifGsoType type, int size)
    {
        guest.PutTx(Frontend.TxPages, 0, NetifTxFlags.ExtraInfo, 1, 60);
        guest.PutGso(type, size);
    }
}
