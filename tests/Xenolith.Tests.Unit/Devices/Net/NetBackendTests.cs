using System.Buffers.Binary;
using System.Collections.Concurrent;
using Xenolith.Abi;
using Xenolith.Abi.Net;
using Xenolith.Devices.Net;
using Xenolith.Devices.Net.Ports;
using Xenolith.Tests.Unit.Machine;

namespace Xenolith.Tests.Unit.Devices.Net;

/// <summary>A whole vif over a real domain's grants and event channels, served by its own thread.</summary>
public sealed class NetBackendTests : IDisposable
{
    private const int TxPage = GuestBed.FreePage, RxPage = GuestBed.FreePage + 1, PacketPage = GuestBed.FreePage + 2;
    private const uint TxGrant = 9, RxGrant = 10, PacketGrant = 11;

    private readonly GuestBed _bed = new();
    private readonly MemoryPort _port = new();
    private readonly NetBackend _backend;
    private readonly ConcurrentQueue<string> _stopped = new();
    private readonly uint _event;
    private uint _produced;

    public NetBackendTests()
    {
        Assert.Equal(0, _bed.Call(HypercallNumber.GrantTableOp, 2, _bed.Put((0x7ff0u, 1u, 0UL, _bed.Data + 512)), 1));
        var table = _bed.Get<ulong>(_bed.Data + 512);
        foreach (var (grant, page) in ((uint, int)[])[(TxGrant, TxPage), (RxGrant, RxPage), (PacketGrant, PacketPage)])
        {
            _bed.Domain.Frames.Write(table, (int)grant * 8, BitConverter.GetBytes(GrantFlags.PermitAccess | (_bed.Mfn(page) << 32)));
        }

        _event = _bed.Domain.Events.AllocateUnbound();
        _backend = new NetBackend("vif 0", _port, new NetDeviceOptions(), _ => { });
    }

    public void Dispose()
    {
        _backend.Dispose();
        Assert.Equal(0, _bed.Domain.Grants.InUse);
        _bed.Dispose();
    }

    [Fact]
    public void A_packet_passes_and_all_is_given_back_at_the_end()
    {
        Connect();
        var packet = Packets.Tcp(100);
        _bed.Domain.Frames.Write(_bed.Mfn(PacketPage), 0, packet);
        Send(PacketGrant, packet.Length);
        Wait.Until(() => _backend.Counters[0].SentPackets == 1);
        Assert.Equal(packet, Assert.Single(_port.Sent).Frame);
        Wait.Until(() => BinaryPrimitives.ReadUInt32LittleEndian(_bed.Domain.Frames.Read(_bed.Mfn(TxPage))[8..]) == 1);
        Assert.True(_backend.Connected);
        Connect();
        _backend.Disconnect();
        Assert.False(_backend.Connected);
        Assert.Empty(_stopped);
    }

    [Fact]
    public void A_lie_stops_the_vif_with_its_reason_and_it_can_be_connected_again()
    {
        Connect();
        Send(123, 100);
        Wait.Until(() => !_stopped.IsEmpty);
        Assert.Equal("vif 0: stopped, because the guest broke its ring: grant 123 of a packet does not exist or is not for Domain-0", Assert.Single(_stopped));
        for (var i = 0; i < 3; i++)
        {
            // Nobody serves it: the guest's events come to nothing.
            Send(PacketGrant, 60);
        }

        _backend.Disconnect();
        Send(PacketGrant, 60);
        Assert.Empty(_port.Sent);
    }

    [Theory]
    [InlineData(77u, RxGrant, 0u, "transmit ring page: grant 77")]
    [InlineData(TxGrant, 77u, 0u, "receive ring page: grant 77")]
    [InlineData(TxGrant, RxGrant, 500u, "event channel")]
    public void What_does_not_exist_is_refused_by_name(uint tx, uint rx, uint channel, string error)
    {
        var port = _event + channel;
        var frontend = Frontend.Full with { Queues = [new NetFrontendQueue(tx, rx, port, port)] };
        Assert.False(_backend.TryConnect(_bed.Domain, frontend, _stopped.Enqueue, out var told));
        Assert.StartsWith("vif 0: ", told, StringComparison.Ordinal);
        Assert.Contains(error, told, StringComparison.Ordinal);
        Assert.False(_backend.Connected);
        Assert.Equal(0, _bed.Domain.Grants.InUse);
    }

    [Fact]
    public void More_queues_than_the_port_has_are_refused()
    {
        var queue = new NetFrontendQueue(TxGrant, RxGrant, _event, _event);
        Assert.False(_backend.TryConnect(_bed.Domain, Frontend.Full with { Queues = [queue, queue] }, _stopped.Enqueue, out var error));
        Assert.Equal("vif 0: 2 queues, but 1 were offered", error);
    }

    private void Connect()
    {
        var frontend = Frontend.Full with { Queues = [new NetFrontendQueue(TxGrant, RxGrant, _event, _event)] };
        Assert.True(_backend.TryConnect(_bed.Domain, frontend, _stopped.Enqueue, out var error), error);
    }

    private void Send(uint grant, int length)
    {
        var request = new byte[NetifLayout.TxEntrySize];
        BinaryPrimitives.WriteUInt32LittleEndian(request, grant);
        BinaryPrimitives.WriteUInt16LittleEndian(request.AsSpan(NetifLayout.TxSize), (ushort)length);
        _bed.Domain.Frames.Write(_bed.Mfn(TxPage), 64 + ((int)_produced * NetifLayout.TxEntrySize), request);
        _bed.Domain.Frames.Write(_bed.Mfn(TxPage), 0, BitConverter.GetBytes(++_produced));
        const ulong send = 4;
        _bed.Call(HypercallNumber.EventChannelOp, send, _bed.Put(_event));
    }
}
