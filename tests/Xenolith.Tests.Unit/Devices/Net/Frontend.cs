using System.Buffers.Binary;
using Xenolith.Abi.Net;
using Xenolith.Devices.Net;
using Xenolith.Devices.Net.Guest;
using Xenolith.Devices.Rings;

namespace Xenolith.Tests.Unit.Devices.Net;

/// <summary>
/// A network frontend in memory: page 0 is its transmit ring, page 1 its receive ring, pages 2 to 257 its receive buffers, the rest its packets.
/// </summary>
internal sealed class Frontend : IDisposable
{
    public const int RxPages = 2, TxPages = 258, TxPageCount = 64;

    private uint _tx, _txSeen, _rx, _rxSeen;

    public Frontend(MemoryPort port, NetFrontend? features = null, RateLimit? rate = null)
    {
        Port = port;
        Features = features ?? Full;
        Filter = new MulticastFilter(Features.MulticastControl);
        var tx = new SharedRing([Memory.Address(0)], NetifLayout.TxEntrySize, NetifLayout.RingEntries);
        var rx = new SharedRing([Memory.Address(1)], NetifLayout.RxEntrySize, NetifLayout.RingEntries);
        Transmit = new GuestTransmit(tx, Memory, port, port.TakesBlankChecksums, rate ?? new RateLimit(0, 0), Filter, Counters, () => TxEvents++);
        Receive = new GuestReceive(new RxSlots(rx, Memory), Features, port, Filter, Counters, () => RxEvents++);
    }

    public static NetFrontend Full { get; } = new()
    {
        Queues = [new NetFrontendQueue(0, 1, 1, 2)],
        ScatterGather = true,
        LargeV4 = true,
        LargeV6 = true,
        ChecksumV4 = true,
        ChecksumV6 = true,
    };

    public static NetFrontend Plain { get; } = new() { Queues = Full.Queues, ChecksumV4 = false };

    public FrontendMemory Memory { get; } = new(TxPages + TxPageCount);

    public MemoryPort Port { get; }

    public NetFrontend Features { get; }

    public MulticastFilter Filter { get; }

    public NetCounters Counters { get; } = new();

    public GuestTransmit Transmit { get; }

    public GuestReceive Receive { get; }

    public int TxEvents { get; private set; }

    public int RxEvents { get; private set; }

    public Span<byte> TxSlot(uint index) => Memory.Page(0).Slice(64 + ((int)(index & 255) * NetifLayout.TxEntrySize), NetifLayout.TxEntrySize);

    public Span<byte> RxSlot(uint index) => Memory.Page(1).Slice(64 + ((int)(index & 255) * NetifLayout.RxEntrySize), NetifLayout.RxEntrySize);

    /// <summary>Puts one transmit slot; <see cref="PublishTx"/> shows it.</summary>
    public void PutTx(uint gref, int offset, NetifTxFlags flags, int id, int size)
    {
        var slot = TxSlot(_tx++);
        BinaryPrimitives.WriteUInt32LittleEndian(slot, gref);
        BinaryPrimitives.WriteUInt16LittleEndian(slot[4..], (ushort)offset);
        BinaryPrimitives.WriteUInt16LittleEndian(slot[6..], (ushort)flags);
        BinaryPrimitives.WriteUInt16LittleEndian(slot[8..], (ushort)id);
        BinaryPrimitives.WriteUInt16LittleEndian(slot[10..], (ushort)size);
    }

    public void PutGso(NetifGsoType type, int size, bool more = false)
    {
        var slot = TxSlot(_tx++);
        slot.Clear();
        slot[0] = (byte)NetifExtraType.Gso;
        slot[1] = more ? NetifLayout.ExtraMore : (byte)0;
        BinaryPrimitives.WriteUInt16LittleEndian(slot[2..], (ushort)size);
        slot[4] = (byte)type;
    }

    public void PutExtra(ReadOnlySpan<byte> bytes)
    {
        var slot = TxSlot(_tx++);
        slot.Clear();
        bytes.CopyTo(slot);
    }

    /// <summary>Puts a packet over as many pages as pieces are given, as netfronts do.</summary>
    public void Send(ReadOnlySpan<byte> packet, NetifTxFlags flags = NetifTxFlags.None, int gso = 0, bool v6 = false, int offset = 100, int first = 1500)
    {
        var at = 0;
        for (var page = 0; at < packet.Length || page == 0; page++)
        {
            var room = page == 0 ? Math.Min(first, 4096 - offset) : 4096;
            var part = Math.Min(room, packet.Length - at);
            packet.Slice(at, part).CopyTo(Memory.Page(TxPages + page)[(page == 0 ? offset : 0)..]);
            at += part;
            var all = (page == 0 ? flags : NetifTxFlags.None) | (at < packet.Length ? NetifTxFlags.MoreData : 0) | (page == 0 && gso != 0 ? NetifTxFlags.ExtraInfo : 0);
            PutTx((uint)(TxPages + page), page == 0 ? offset : 0, all, 1000 + page, page == 0 ? packet.Length : part);
            if (page == 0 && gso != 0)
            {
                PutGso(v6 ? NetifGsoType.TcpV6 : NetifGsoType.TcpV4, gso);
            }
        }

        PublishTx();
    }

    public void PublishTx() => BinaryPrimitives.WriteUInt32LittleEndian(Memory.Page(0), _tx);

    public void PublishTxIndex(uint index) => BinaryPrimitives.WriteUInt32LittleEndian(Memory.Page(0), index);

    /// <summary>Lends receive pages.</summary>
    public void Lend(int pages)
    {
        for (var i = 0; i < pages; i++)
        {
            var slot = RxSlot(_rx);
            BinaryPrimitives.WriteUInt16LittleEndian(slot, (ushort)(_rx & 255));
            BinaryPrimitives.WriteUInt32LittleEndian(slot[4..], RxPages + (_rx & 255));
            _rx++;
        }

        PublishRxIndex(_rx);
    }

    public void PublishRxIndex(uint index) => BinaryPrimitives.WriteUInt32LittleEndian(Memory.Page(1), index);

    /// <summary>Answers that came on the transmit ring: id and status.</summary>
    public List<(int Id, short Status)> TxAnswers()
    {
        var list = new List<(int, short)>();
        for (var end = BinaryPrimitives.ReadUInt32LittleEndian(Memory.Page(0)[8..]); _txSeen != end; _txSeen++)
        {
            var slot = TxSlot(_txSeen);
            list.Add((BinaryPrimitives.ReadUInt16LittleEndian(slot), BinaryPrimitives.ReadInt16LittleEndian(slot[2..])));
        }

        return list;
    }

    /// <summary>Reads the next packet as a Linux netfront does, and lends its pages again; null if there is none.</summary>
    public ReceivedPacket? Next()
    {
        var end = BinaryPrimitives.ReadUInt32LittleEndian(Memory.Page(1)[8..]);
        if (_rxSeen == end)
        {
            return null;
        }

        var start = _rxSeen;
        var packet = new List<byte>();
        var (flags, part) = TakeData(packet, end);
        var slots = part == 0 ? 1 : 1;
        var gsoSize = 0;
        var gso = NetifGsoType.None;
        if ((flags & NetifRxFlags.ExtraInfo) != 0)
        {
            var extra = RxSlot(_rxSeen++);
            Assert.Equal((byte)NetifExtraType.Gso, extra[0]);
            Assert.Equal(0, extra[1]);
            gsoSize = BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]);
            gso = (NetifGsoType)extra[4];
        }

        var first = flags;
        while ((flags & NetifRxFlags.MoreData) != 0)
        {
            (flags, _) = TakeData(packet, end);
            slots++;
        }

        Assert.True(slots <= NetifLayout.MaxPacketSlots);
        Lend((int)(_rxSeen - start));
        return new ReceivedPacket([.. packet], first, gsoSize, gso, slots);
    }

    public void Dispose()
    {
        Transmit.Release();
        Receive.Release();
        Assert.Equal(0, Memory.Mapped);
        Memory.Dispose();
    }

    private (NetifRxFlags Flags, int Length) TakeData(List<byte> packet, uint end)
    {
        Assert.NotEqual(end, _rxSeen);
        var slot = RxSlot(_rxSeen);
        Assert.Equal(_rxSeen & 255, BinaryPrimitives.ReadUInt16LittleEndian(slot));
        var offset = BinaryPrimitives.ReadUInt16LittleEndian(slot[2..]);
        var length = BinaryPrimitives.ReadInt16LittleEndian(slot[6..]);
        Assert.InRange(length, 1, 4096 - offset);
        packet.AddRange(Memory.Page(RxPages + (int)(_rxSeen & 255)).Slice(offset, length));
        _rxSeen++;
        return ((NetifRxFlags)BinaryPrimitives.ReadUInt16LittleEndian(slot[4..]), length);
    }
}

/// <summary>A packet as the guest sees it.</summary>
internal sealed record ReceivedPacket(byte[] Bytes, NetifRxFlags Flags, int GsoSize, NetifGsoType Gso, int Slots);
