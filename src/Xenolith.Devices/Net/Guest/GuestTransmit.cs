using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Xenolith.Abi.Net;
using Xenolith.Devices.Net.Frames;
using Xenolith.Devices.Net.Ports;
using Xenolith.Devices.Rings;
using Xenolith.Host.Files;
using Xenolith.Machine.Grants;

namespace Xenolith.Devices.Net.Guest;

/// <summary>What the transmit side waits for.</summary>
public enum TxWait
{
    /// <summary>The guest's next request.</summary>
    Guest,

    /// <summary>Room in the port for the packet that it holds.</summary>
    Port,

    /// <summary>Credit of <c>rate=</c> for the packet that it holds.</summary>
    Credit,
}

/// <summary>
/// From a guest's transmit ring to a port: the headers are copied and described, the rest of a packet goes from the guest's pages straight
/// into the system call. Holds at most one packet that the port cannot take yet, so that the ring fills and the guest waits. Owned by one thread.
/// </summary>
public sealed class GuestTransmit
{
    private const int PushEvery = 16;

    private readonly SharedRing _ring;
    private readonly IGrantedPages _grants;
    private readonly IPacketChannel _channel;
    private readonly bool _blankChecksums;
    private readonly RateLimit _rate;
    private readonly MulticastFilter _filter;
    private readonly NetCounters _counters;
    private readonly Action _notify;
    private readonly TxPacket _packet = new();
    private readonly GrantMapping[] _pages = new GrantMapping[TxPacket.MostRequests];
    private readonly MemoryRun[] _runs = new MemoryRun[TxPacket.MostRequests + 1];
    private readonly byte[] _head = GC.AllocateArray<byte>(FrameHeaders.Enough, pinned: true);
    private readonly byte[] _response = new byte[NetifLayout.TxEntrySize];
    private int _mapped;
    private int _runCount;
    private bool _holding;
    private VnetHeader _header;
    private TimeSpan _creditAt;

    /// <summary>Serves a ring.</summary>
    /// <param name="ring">The transmit ring.</param>
    /// <param name="grants">The guest's pages.</param>
    /// <param name="channel">Where packets go.</param>
    /// <param name="blankChecksums">The port takes packets whose checksum is blank.</param>
    /// <param name="rate">The limit, shared by all queues of the vif.</param>
    /// <param name="filter">The filter that the guest's requests change.</param>
    /// <param name="counters">What is counted.</param>
    /// <param name="notify">Sends the guest its event.</param>
    public GuestTransmit(SharedRing ring, IGrantedPages grants, IPacketChannel channel, bool blankChecksums, RateLimit rate, MulticastFilter filter, NetCounters counters, Action notify)
    {
        _ring = ring;
        _grants = grants;
        _channel = channel;
        _blankChecksums = blankChecksums;
        _rate = rate;
        _filter = filter;
        _counters = counters;
        _notify = notify;
    }

    /// <summary>What it waits for after <see cref="Pump"/> did nothing more.</summary>
    public TxWait Waiting { get; private set; }

    /// <summary>When credit comes, while it waits for <see cref="TxWait.Credit"/>.</summary>
    public TimeSpan CreditAt => _creditAt;

    /// <summary>Sends what the guest has put, up to a number of packets; true if there may be more to do at once.</summary>
    /// <param name="budget">Packets at most.</param>
    /// <param name="now">A clock that never goes back.</param>
    /// <exception cref="RingException">The guest broke its ring.</exception>
    public bool Pump(int budget, TimeSpan now)
    {
        var left = budget;
        var unpushed = 0;
        while (left > 0 && (_holding || TakePacket()))
        {
            if (_holding && !TrySend(now))
            {
                break;
            }

            left--;
            if (++unpushed == PushEvery)
            {
                unpushed = 0;
                Push();
            }
        }

        Push();
        if (left == 0)
        {
            return true;
        }

        if (!_holding)
        {
            Waiting = TxWait.Guest;
        }

        return false;
    }

    /// <summary>Asks the guest for an event before going to sleep; true if there is something to do already.</summary>
    public bool Arm() => !_holding && _ring.ArmAndCheck();

    /// <summary>Gives back the packet it holds, unanswered: the connection ends.</summary>
    public void Release()
    {
        Unmap();
        _holding = false;
    }

    /// <summary>Takes one packet and holds it, or answers it at once; false if there is none.</summary>
    private bool TakePacket()
    {
        switch (_packet.Take(_ring))
        {
            case TxTake.None:
                return false;
            case TxTake.Multicast:
                Respond(_filter.Change(_packet.Group, _packet.GroupAdded) ? NetifStatus.Okay : NetifStatus.Error);
                return true;
            case TxTake.Malformed:
                _counters.SentLost();
                Respond(NetifStatus.Error);
                return true;
        }

        Map();
        var head = _head.AsSpan(0, CopyHead());
        if (!FrameOffload.TryDescribe(head, _packet.Length, _packet.ChecksumBlank, _packet.Validated, _packet.GsoSize, out _header))
        {
            _counters.SentLost();
            Unmap();
            Respond(NetifStatus.Error);
            return true;
        }

        if (_header.NeedsChecksum && !_blankChecksums)
        {
            FillChecksum(head);
        }

        _holding = true;
        return true;
    }

    private bool TrySend(TimeSpan now)
    {
        if (_rate.IsLimited && Waiting != TxWait.Port && !_rate.TrySpend(_packet.Length, now, out _creditAt))
        {
            Waiting = TxWait.Credit;
            return false;
        }

        var outcome = _channel.TrySend(in _header, EthernetAddress.Read(_head), _runs.AsSpan(0, _runCount));
        if (outcome == SendOutcome.Full)
        {
            Waiting = TxWait.Port;
            return false;
        }

        Waiting = TxWait.Guest;
        if (outcome == SendOutcome.Sent)
        {
            _counters.Sent(_packet.Length);
        }
        else
        {
            _counters.SentLost();
        }

        _holding = false;
        Unmap();
        Respond(outcome == SendOutcome.Sent ? NetifStatus.Okay : NetifStatus.Dropped);
        return true;
    }

    private void Map()
    {
        _mapped = 0;
        foreach (var request in _packet.Requests)
        {
            if (!_grants.TryMap(request.Gref, write: false, out _pages[_mapped]))
            {
                Unmap();
                throw new RingException($"grant {request.Gref} of a packet does not exist or is not for Domain-0");
            }

            _mapped++;
        }
    }

    private void Unmap()
    {
        _grants.Unmap(_pages.AsSpan(0, _mapped));
        _mapped = 0;
    }

    /// <summary>Copies the first bytes, so that nothing that decides about the packet changes any more, and lists the rest where it lies.</summary>
    private int CopyHead()
    {
        var copied = 0;
        _runCount = 1;
        for (var i = 0; i < _mapped; i++)
        {
            var request = _packet.Requests[i];
            var address = _pages[i].Page + request.Offset;
            var length = (int)request.Size;
            var part = Math.Min(length, FrameHeaders.Enough - copied);
            MappedBytes.Copy(address, _head.AsSpan(copied, part));
            copied += part;
            if (length > part)
            {
                _runs[_runCount++] = new MemoryRun(address + part, length - part);
            }
        }

        _runs[0] = new MemoryRun(Marshal.UnsafeAddrOfPinnedArrayElement(_head, 0), copied);
        return copied;
    }

    private void FillChecksum(Span<byte> head)
    {
        var sum = InternetChecksum.Add(0, head[_header.ChecksumStart..]);
        var odd = ((head.Length - _header.ChecksumStart) & 1) != 0;
        for (var i = 1; i < _runCount; i++)
        {
            sum = InternetChecksum.Add(sum, MappedBytes.At(_runs[i].Address, (int)_runs[i].Length), odd);
            odd ^= (_runs[i].Length & 1) != 0;
        }

        FrameOffload.Store(head[(_header.ChecksumStart + _header.ChecksumOffset)..], sum);
        _header = _header with { Flags = VnetFlags.DataValid, ChecksumStart = 0, ChecksumOffset = 0 };
    }

    private void Respond(short status)
    {
        var requests = _packet.Requests;
        for (var i = 0; i < requests.Length; i++)
        {
            Put(requests[i].Id, status);
            for (var extra = 0; i == 0 && extra < _packet.ExtraCount; extra++)
            {
                Put(0, NetifStatus.Null);
            }
        }
    }

    private void Put(ushort id, short status)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_response, id);
        BinaryPrimitives.WriteInt16LittleEndian(_response.AsSpan(NetifLayout.TxResponseStatus), status);
        _ring.Put(_response);
    }

    private void Push()
    {
        if (_ring.Push())
        {
            _notify();
        }
    }
}
