using Xenolith.Abi.Net;
using Xenolith.Devices.Net.Frames;
using Xenolith.Devices.Net.Ports;
using Xenolith.Host;
using Xenolith.Host.Files;

namespace Xenolith.Devices.Net.Guest;

/// <summary>
/// From a port to a guest's receive ring. A frontend that takes large packets and blank checksums gets them received straight into its pages;
/// for others, and for what needs work, a frame is received into a buffer first. What no page is there for stays in the port. Owned by one thread.
/// </summary>
public sealed class GuestReceive
{
    private const int PageSize = 4096, PushEvery = 16;

    /// <summary>Pages for the largest frame, and one for the segment size between its first two.</summary>
    private const int DirectSlots = NetifLayout.MaxPacketSlots, GsoSlot = 1;

    private readonly RxSlots _slots;
    private readonly IPacketChannel _channel;
    private readonly MulticastFilter _filter;
    private readonly NetCounters _counters;
    private readonly Action _notify;
    private readonly RxBounce _bounce;
    private readonly bool _direct;
    private readonly MemoryRun[] _runs = new MemoryRun[DirectSlots - 1];
    private readonly byte[] _head = new byte[FrameHeaders.Enough];
    private int _needed;

    /// <summary>Serves a ring.</summary>
    /// <param name="slots">The receive ring.</param>
    /// <param name="frontend">What the frontend takes.</param>
    /// <param name="channel">Where packets come from.</param>
    /// <param name="filter">The guest's multicast filter.</param>
    /// <param name="counters">What is counted.</param>
    /// <param name="notify">Sends the guest its event.</param>
    public GuestReceive(RxSlots slots, NetFrontend frontend, IPacketChannel channel, MulticastFilter filter, NetCounters counters, Action notify)
    {
        ArgumentNullException.ThrowIfNull(frontend);
        _slots = slots;
        _channel = channel;
        _filter = filter;
        _counters = counters;
        _notify = notify;
        _bounce = new RxBounce(slots, frontend, counters);
        _direct = frontend is { ScatterGather: true, LargeV4: true, LargeV6: true, ChecksumV4: true, ChecksumV6: true };
    }

    /// <summary>True if it waits for frames; false if it waits for pages of the guest.</summary>
    public bool WaitsForFrames => _needed == 0;

    /// <summary>Hands frames to the guest, up to a number; true if there may be more to do at once.</summary>
    /// <exception cref="Rings.RingException">The guest broke its ring.</exception>
    public bool Pump(int budget)
    {
        var left = budget;
        var unpushed = 0;
        while (left > 0 && ReceiveOne())
        {
            left--;
            if (++unpushed == PushEvery)
            {
                unpushed = 0;
                Push();
            }
        }

        Push();
        return left == 0;
    }

    /// <summary>Asks the guest for an event, if it waits for pages, before going to sleep; true if there are some already.</summary>
    public bool Arm() => _needed != 0 && _slots.Arm();

    /// <summary>Gives all pages back: the connection ends.</summary>
    public void Release() => _slots.Release();

    private bool ReceiveOne()
    {
        if (_bounce.Holds)
        {
            return DeliverBounce();
        }

        if (_slots.Fill(DirectSlots) && _direct)
        {
            return ReceiveDirect();
        }

        if (_slots.Count == 0)
        {
            _needed = 1;
            return false;
        }

        _needed = 0;
        return _bounce.Receive(_channel) switch
        {
            Descriptors.WouldBlock => false,
            0 => true,
            _ => !Passes(_bounce.Frame) || DeliverBounce(),
        };
    }

    private bool DeliverBounce()
    {
        _needed = _bounce.Deliver();
        if (_needed == 0)
        {
            return true;
        }

        // No longer short of pages, if the guest has put some meanwhile.
        return _slots.Fill(_needed);
    }

    private bool Passes(ReadOnlySpan<byte> frame)
    {
        if (_filter.Passes(EthernetAddress.Read(frame)))
        {
            return true;
        }

        _bounce.Discard();
        return false;
    }

    /// <summary>Receives into the first page and those from the third on: the second one's slot is the segment size's, if the frame has any.</summary>
    private bool ReceiveDirect()
    {
        _needed = 0;
        _runs[0] = _slots.Run(0);
        for (var i = 1; i < _runs.Length; i++)
        {
            _runs[i] = _slots.Run(i + GsoSlot);
        }

        var length = _channel.Receive(_runs, out var header);
        if (length == Descriptors.WouldBlock)
        {
            return false;
        }

        var first = Math.Min(length, PageSize);
        _slots.Written(0, first);
        for (var (i, left) = (1, length - PageSize); left > 0 && i < _runs.Length; i++, left -= PageSize)
        {
            _slots.Written(i + GsoSlot, Math.Min(left, PageSize));
        }

        if (length < FrameHeaders.Ethernet || length > _runs.Length * PageSize || !FrameOffload.IsSound(in header, length))
        {
            _counters.ReceivedLost();
            return true;
        }

        var head = _head.AsSpan(0, Math.Min(first, _head.Length));
        _slots.Bytes(0, head.Length).CopyTo(head);
        if (!_filter.Passes(EthernetAddress.Read(head)))
        {
            return true;
        }

        if (header.NeedsChecksum && !FrameOffload.IsPlain(in header, head, out _))
        {
            Gather(length, header);
            return DeliverBounce();
        }

        Complete(length, in header);
        return true;
    }

    /// <summary>Copies a frame that needs work out of the guest's pages again: a VLAN tag with a blank checksum, for one.</summary>
    private void Gather(int length, in VnetHeader header)
    {
        var place = _bounce.Begin(length, in header);
        for (var (slot, at) = (0, 0); at < length; slot += slot == 0 ? 1 + GsoSlot : 1)
        {
            var part = Math.Min(PageSize, length - at);
            _slots.Bytes(slot, part).CopyTo(place[at..]);
            at += part;
        }
    }

    private void Complete(int length, in VnetHeader header)
    {
        var flags = RxBounce.FlagsOf(in header);
        if (header.IsSegmented)
        {
            flags |= NetifRxFlags.ExtraInfo;
        }
        else
        {
            // Large without segments (jumbo frames): the second page's slot is needed for data.
            for (var (slot, left) = (GsoSlot, length - PageSize); left > 0; slot++, left -= PageSize)
            {
                var part = Math.Min(left, PageSize);
                _slots.Bytes(slot + 1, part).CopyTo(_slots.Bytes(slot, part));
                _slots.Written(slot, part);
            }
        }

        var first = Math.Min(length, PageSize);
        _slots.Complete(first, flags | (length > first ? NetifRxFlags.MoreData : 0));
        if (header.IsSegmented)
        {
            _slots.CompleteGso(header.Gso == VnetGso.TcpV6 ? NetifGsoType.TcpV6 : NetifGsoType.TcpV4, header.GsoSize);
        }

        for (var left = length - first; left > 0;)
        {
            var part = Math.Min(left, PageSize);
            left -= part;
            _slots.Complete(part, left > 0 ? NetifRxFlags.MoreData : 0);
        }

        _counters.Received(length);
    }

    private void Push()
    {
        if (_slots.Push())
        {
            _notify();
        }
    }
}
