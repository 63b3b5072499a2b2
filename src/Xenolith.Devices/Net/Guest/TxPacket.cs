using System.Buffers.Binary;
using Xenolith.Abi.Net;
using Xenolith.Devices.Net.Frames;
using Xenolith.Devices.Rings;

namespace Xenolith.Devices.Net.Guest;

/// <summary>What was found at the head of a transmit ring.</summary>
public enum TxTake
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A packet.</summary>
    Packet,

    /// <summary>A packet that cannot be right: it is answered with an error.</summary>
    Malformed,

    /// <summary>A change of the multicast filter.</summary>
    Multicast,
}

/// <summary>
/// One packet of a guest, gathered from its slots: first request, extra information, further requests (netif.h, "Guest transmit"). Made once
/// and used again; every slot is copied once and then checked. What only a broken or hostile frontend does stops its ring
/// (<see cref="RingException"/>); what old frontends were seen to do is answered with an error.
/// </summary>
public sealed class TxPacket
{
    /// <summary>Most slots that a packet may claim before its frontend counts as hostile (Linux's netback has the same limit).</summary>
    private const int HostileSlots = 20;

    /// <summary>Most pieces of a packet that is sent: what the ABI promises to frontends, behind the first.</summary>
    public const int MostRequests = NetifLayout.MaxPacketSlots + 1;

    private readonly TxRequest[] _requests = new TxRequest[HostileSlots];
    private readonly byte[] _entry = new byte[NetifLayout.TxEntrySize];

    /// <summary>The pieces in order; the first one's size is its own, not the packet's.</summary>
    public ReadOnlySpan<TxRequest> Requests => _requests.AsSpan(0, RequestCount);

    /// <summary>Number of pieces.</summary>
    public int RequestCount { get; private set; }

    /// <summary>Slots of extra information behind the first piece; each is answered too.</summary>
    public int ExtraCount { get; private set; }

    /// <summary>Bytes of the packet.</summary>
    public int Length { get; private set; }

    /// <summary>The checksum is left to us.</summary>
    public bool ChecksumBlank { get; private set; }

    /// <summary>The guest knows the data to be right.</summary>
    public bool Validated { get; private set; }

    /// <summary>Payload bytes of a segment; 0 for an ordinary packet.</summary>
    public int GsoSize { get; private set; }

    /// <summary>The multicast address added or deleted.</summary>
    public EthernetAddress Group { get; private set; }

    /// <summary>True if <see cref="Group"/> is added.</summary>
    public bool GroupAdded { get; private set; }

    /// <summary>Takes the next packet off a ring.</summary>
    public TxTake Take(SharedRing ring)
    {
        ArgumentNullException.ThrowIfNull(ring);
        if (!ring.TryTake(_entry))
        {
            return TxTake.None;
        }

        var first = TxRequest.Read(_entry);
        _requests[0] = first;
        RequestCount = 1;
        ExtraCount = 0;
        GsoSize = 0;
        Length = first.Size;
        ChecksumBlank = (first.Flags & NetifTxFlags.ChecksumBlank) != 0;
        Validated = (first.Flags & NetifTxFlags.DataValidated) != 0;
        if ((first.Flags & NetifTxFlags.ExtraInfo) != 0 && TakeExtras(ring))
        {
            return TxTake.Multicast;
        }

        var rest = (int)first.Size;
        var malformed = false;
        var more = (first.Flags & NetifTxFlags.MoreData) != 0;
        while (more)
        {
            TakeOne(ring, "the rest of a packet");
            if (RequestCount == HostileSlots)
            {
                throw new RingException($"a packet of more than {HostileSlots} slots");
            }

            var request = TxRequest.Read(_entry);
            CheckPage(request);
            _requests[RequestCount++] = request;

            // A frame of 64 KiB or more overflows the first size: buggy frontends send it.
            malformed |= request.Size > rest;
            rest -= request.Size;
            more = (request.Flags & NetifTxFlags.MoreData) != 0;
        }

        malformed |= RequestCount > MostRequests || Length < FrameHeaders.Ethernet;
        if (malformed)
        {
            return TxTake.Malformed;
        }

        _requests[0] = first with { Size = (ushort)rest };
        CheckPage(_requests[0]);
        return TxTake.Packet;
    }

    private static void CheckPage(TxRequest request)
    {
        if (request.Offset + request.Size > 4096)
        {
            throw new RingException($"a piece of {request.Size} bytes at {request.Offset} leaves its page");
        }
    }

    private void TakeOne(SharedRing ring, string what)
    {
        if (!ring.TryTake(_entry))
        {
            throw new RingException($"the ring ends before {what}");
        }
    }

    /// <summary>True if the request only changes the multicast filter.</summary>
    private bool TakeExtras(SharedRing ring)
    {
        var multicast = false;
        byte more;
        do
        {
            TakeOne(ring, "its extra information");
            if (++ExtraCount >= (int)NetifExtraType.Limit)
            {
                throw new RingException("more extra information than there are kinds of it");
            }

            more = _entry[NetifLayout.ExtraFlags];
            switch ((NetifExtraType)_entry[0])
            {
                case NetifExtraType.Gso:
                    TakeGso();
                    break;
                case NetifExtraType.MulticastAdd or NetifExtraType.MulticastDelete:
                    multicast = true;
                    Group = EthernetAddress.Read(_entry.AsSpan(NetifLayout.ExtraData));
                    GroupAdded = (NetifExtraType)_entry[0] == NetifExtraType.MulticastAdd;
                    break;
                case NetifExtraType.Hash:
                    break;
                default:
                    throw new RingException($"extra information of unknown kind {_entry[0]}");
            }
        }
        while ((more & NetifLayout.ExtraMore) != 0);
        return multicast;
    }

    private void TakeGso()
    {
        GsoSize = BinaryPrimitives.ReadUInt16LittleEndian(_entry.AsSpan(NetifLayout.ExtraData));
        var type = (NetifGsoType)_entry[NetifLayout.ExtraGsoType];
        if (GsoSize == 0 || type is not (NetifGsoType.TcpV4 or NetifGsoType.TcpV6))
        {
            throw new RingException(GsoSize == 0 ? "a segment size of zero" : $"segmentation of unknown kind {(byte)type}");
        }
    }
}
