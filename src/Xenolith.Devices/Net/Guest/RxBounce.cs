using System.Runtime.InteropServices;
using Xenolith.Abi.Net;
using Xenolith.Devices.Net.Frames;
using Xenolith.Devices.Net.Ports;
using Xenolith.Host;
using Xenolith.Host.Files;

namespace Xenolith.Devices.Net.Guest;

/// <summary>
/// The buffer for a frame that cannot go straight into a guest's pages: too few of them are lent, or its checksum or segments are to be made
/// here. Holds one frame until all of it is with the guest. Its memory is taken when first needed. Owned by one thread.
/// </summary>
public sealed class RxBounce
{
    private const int PageSize = 4096, Room = 68 << 10;

    private readonly RxSlots _slots;
    private readonly NetFrontend _frontend;
    private readonly NetCounters _counters;
    private readonly MemoryRun[] _run = new MemoryRun[1];
    private byte[] _buffer = [];
    private byte[] _segment = [];
    private int _length;
    private int _segmentsDone;
    private bool _segmenting, _unprepared;
    private VnetHeader _header;

    /// <summary>For a ring.</summary>
    public RxBounce(RxSlots slots, NetFrontend frontend, NetCounters counters)
    {
        _slots = slots;
        _frontend = frontend;
        _counters = counters;
    }

    /// <summary>True while a frame waits for pages.</summary>
    public bool Holds => _length != 0;

    /// <summary>The frame.</summary>
    public ReadOnlySpan<byte> Frame => _buffer.AsSpan(0, _length);

    /// <summary>Flags of a packet's first slot.</summary>
    public static NetifRxFlags FlagsOf(in VnetHeader header) => header.NeedsChecksum
        ? NetifRxFlags.ChecksumBlank | NetifRxFlags.DataValidated
        : (header.Flags & VnetFlags.DataValid) != 0 ? NetifRxFlags.DataValidated : NetifRxFlags.None;

    /// <summary>Receives a frame and prepares it: its length, 0 if it was dropped, or <see cref="Descriptors.WouldBlock"/>.</summary>
    public int Receive(IPacketChannel channel)
    {
        ArgumentNullException.ThrowIfNull(channel);
        Allocate();
        _run[0] = new MemoryRun(Marshal.UnsafeAddrOfPinnedArrayElement(_buffer, 0), _buffer.Length);
        var length = channel.Receive(_run, out var header);
        if (length == Descriptors.WouldBlock)
        {
            return length;
        }

        if (length < FrameHeaders.Ethernet || length > _buffer.Length || !FrameOffload.IsSound(in header, length))
        {
            _counters.ReceivedLost();
            return 0;
        }

        Prepare(length, in header);
        return length;
    }

    /// <summary>Begins with a frame that the caller copies into the span returned.</summary>
    public Span<byte> Begin(int length, in VnetHeader header)
    {
        Allocate();
        _length = length;
        _header = header;
        _segmentsDone = 0;
        _segmenting = header.IsSegmented;
        _unprepared = true;
        return _buffer.AsSpan(0, length);
    }

    /// <summary>Forgets the frame.</summary>
    public void Discard() => _length = 0;

    /// <summary>Gives the guest as much of the frame as it lent pages for. 0 when the frame is done, else the pages that are needed to go on.</summary>
    public int Deliver()
    {
        if (_unprepared)
        {
            Prepare(_length, _header);
        }

        if (_segmenting)
        {
            return DeliverSegments();
        }

        var needed = Put(_buffer.AsSpan(0, _length), in _header);
        _length = needed == 0 ? 0 : _length;
        return needed;
    }

    private void Prepare(int length, in VnetHeader header)
    {
        _unprepared = false;
        _length = length;
        _header = header;
        _segmentsDone = 0;
        _segmenting = false;
        if (!header.NeedsChecksum)
        {
            return;
        }

        var plain = FrameOffload.IsPlain(in header, _buffer.AsSpan(0, Math.Min(length, FrameHeaders.Enough)), out var headers)
            && (headers.IsV6 ? _frontend.ChecksumV6 : _frontend.ChecksumV4);
        if (header.IsSegmented)
        {
            _segmenting = !plain || !_frontend.ScatterGather || !(header.Gso == VnetGso.TcpV6 ? _frontend.LargeV6 : _frontend.LargeV4);
            return;
        }

        if (!plain)
        {
            FrameOffload.FillChecksum(_buffer.AsSpan(0, length), in header);
            _header = default(VnetHeader) with { Flags = VnetFlags.DataValid };
        }
    }

    private int DeliverSegments()
    {
        if (!TcpSegmenter.TryBegin(_buffer.AsSpan(0, _length), in _header, _segmentsDone, out var segmenter))
        {
            _counters.ReceivedLost();
            _length = 0;
            return 0;
        }

        if (_segment.Length == 0)
        {
            _segment = new byte[Room];
        }

        while (segmenter.NextLength is not 0 and var length)
        {
            var pages = PagesOf(length);
            if (!_slots.Fill(Math.Min(pages, NetifLayout.MaxPacketSlots)))
            {
                return pages;
            }

            segmenter.Next(_segment);
            _segmentsDone = segmenter.Done;
            Put(_segment.AsSpan(0, length), default(VnetHeader) with { Flags = VnetFlags.DataValid });
        }

        _length = 0;
        return 0;
    }

    /// <summary>Puts a packet into the guest's pages, or drops one that no frontend could take. The pages needed, if there are too few.</summary>
    private int Put(ReadOnlySpan<byte> frame, in VnetHeader header)
    {
        var pages = PagesOf(frame.Length);
        if (pages > (_frontend.ScatterGather ? NetifLayout.MaxPacketSlots - 1 : 1))
        {
            _counters.ReceivedLost();
            return 0;
        }

        var needed = pages + (header.IsSegmented ? 1 : 0);
        if (!_slots.Fill(needed))
        {
            return needed;
        }

        _counters.Received(frame.Length);
        var flags = FlagsOf(in header) | (header.IsSegmented ? NetifRxFlags.ExtraInfo : 0);
        while (!frame.IsEmpty)
        {
            var part = Math.Min(frame.Length, PageSize);
            frame[..part].CopyTo(_slots.Bytes(0, part));
            _slots.Written(0, part);
            frame = frame[part..];
            _slots.Complete(part, flags | (frame.IsEmpty ? 0 : NetifRxFlags.MoreData));
            if ((flags & NetifRxFlags.ExtraInfo) != 0)
            {
                _slots.CompleteGso(header.Gso == VnetGso.TcpV6 ? NetifGsoType.TcpV6 : NetifGsoType.TcpV4, header.GsoSize);
            }

            flags = NetifRxFlags.None;
        }

        return 0;
    }

    private static int PagesOf(int bytes) => (bytes + PageSize - 1) / PageSize;

    private void Allocate()
    {
        if (_buffer.Length == 0)
        {
            _buffer = GC.AllocateArray<byte>(Room, pinned: true);
        }
    }
}
