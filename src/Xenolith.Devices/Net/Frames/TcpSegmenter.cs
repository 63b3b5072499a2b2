using System.Buffers.Binary;

namespace Xenolith.Devices.Net.Frames;

/// <summary>
/// Cuts a large TCP packet into the segments that its sender wanted, for a receiver that takes no large ones. Pure; one packet at a time;
/// allocates nothing.
/// </summary>
public ref struct TcpSegmenter
{
    private readonly ReadOnlySpan<byte> _frame;
    private readonly FrameHeaders _headers;
    private readonly int _end;
    private readonly int _size;
    private int _done;

    private TcpSegmenter(ReadOnlySpan<byte> frame, FrameHeaders headers, int end, int size, int done)
    {
        _done = done;
        _frame = frame;
        _headers = headers;
        _end = end;
        _size = size;
    }

    /// <summary>Bytes of the next segment; 0 after the last one.</summary>
    public readonly int NextLength => Math.Min(_size, _frame.Length - _end - _done) is > 0 and var payload ? _end + payload : 0;

    /// <summary>Payload bytes behind us: where to go on later.</summary>
    public readonly int Done => _done;

    /// <summary>Begins, or goes on after an earlier <see cref="Done"/>; false if the frame is no TCP packet with a payload.</summary>
    public static bool TryBegin(ReadOnlySpan<byte> frame, in VnetHeader header, int done, out TcpSegmenter segmenter)
    {
        segmenter = default;
        if (header.GsoSize == 0 || !FrameHeaders.TryFind(frame[..Math.Min(frame.Length, FrameHeaders.Enough)], out var headers) || !headers.IsTcp)
        {
            return false;
        }

        var end = headers.TcpHeadersEnd(frame);
        if (end == 0 || end >= frame.Length)
        {
            return false;
        }

        segmenter = new(frame, headers, end, header.GsoSize, done);
        return true;
    }

    /// <summary>Writes the next segment, its checksums filled in; returns its length, 0 after the last one or if the room does not suffice.</summary>
    public int Next(Span<byte> room)
    {
        var length = NextLength;
        if (length == 0 || room.Length < length)
        {
            return 0;
        }

        var payload = length - _end;
        var segment = room[..length];
        _frame[.._end].CopyTo(segment);
        _frame.Slice(_end + _done, payload).CopyTo(segment[_end..]);
        var network = segment[_headers.Network..];
        if (_headers.IsV6)
        {
            BinaryPrimitives.WriteUInt16BigEndian(network[4..], (ushort)(segment.Length - _headers.Network - 40));
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(network[2..], (ushort)(segment.Length - _headers.Network));
            var id = BinaryPrimitives.ReadUInt16BigEndian(network[4..]);
            BinaryPrimitives.WriteUInt16BigEndian(network[4..], (ushort)(id + (_done / _size)));
            network[10..12].Clear();
            var ipHeader = network[..(_headers.Transport - _headers.Network)];
            BinaryPrimitives.WriteUInt16LittleEndian(network[10..], InternetChecksum.Finish(InternetChecksum.Add(0, ipHeader)));
        }

        var tcp = segment[_headers.Transport..];
        BinaryPrimitives.WriteUInt32BigEndian(tcp[4..], BinaryPrimitives.ReadUInt32BigEndian(tcp[4..]) + (uint)_done);
        const byte finAndPush = 0x09, congestionReduced = 0x80;
        if (_done + payload < _frame.Length - _end)
        {
            tcp[13] &= unchecked((byte)~finAndPush);
        }

        if (_done > 0)
        {
            tcp[13] &= unchecked((byte)~congestionReduced);
        }

        tcp[16..18].Clear();
        var sum = _headers.PseudoHeader(segment, tcp.Length);
        FrameOffload.Store(tcp[16..], InternetChecksum.Add(sum, tcp));
        _done += payload;
        return segment.Length;
    }
}
