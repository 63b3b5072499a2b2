using System.Buffers.Binary;

namespace Xenolith.Devices.Net.Frames;

/// <summary>
/// Consecutive segments of one TCP flow, as they come from a source that sends them one by one, taken together as the one large packet that they
/// are: the reverse of <see cref="TcpSegmenter"/>. Pure. Only what <see cref="TcpSegmenter"/> would make again from the whole is taken together.
/// </summary>
public struct TcpRun
{
    private const byte Acknowledge = 0x10, Push = 0x08;

    private FrameHeaders _headers;
    private uint _next;
    private bool _closed;

    /// <summary>Bytes of the headers of each segment.</summary>
    public int HeadersEnd { get; private set; }

    /// <summary>Payload bytes of each segment but the last.</summary>
    public int SegmentSize { get; private set; }

    /// <summary>Segments taken.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of the whole packet.</summary>
    public int Length { get; private set; }

    /// <summary>Begins with a frame; false if it cannot be part of a run.</summary>
    /// <param name="frame">A complete frame.</param>
    /// <param name="takesV4">The receiver takes large packets over IPv4.</param>
    /// <param name="takesV6">The receiver takes large packets over IPv6.</param>
    /// <param name="run">The run.</param>
    public static bool TryBegin(ReadOnlySpan<byte> frame, bool takesV4, bool takesV6, out TcpRun run)
    {
        run = default;
        if (!FrameHeaders.TryFind(frame[..Math.Min(frame.Length, FrameHeaders.Enough)], out var headers)
            || !headers.IsTcp || headers.Tagged || !(headers.IsV6 ? takesV6 : takesV4))
        {
            return false;
        }

        var end = headers.TcpHeadersEnd(frame[..Math.Min(frame.Length, FrameHeaders.Enough)]);
        if (end == 0 || end >= frame.Length || !IsWhole(frame, headers))
        {
            return false;
        }

        var tcp = frame[headers.Transport..];
        if ((tcp[13] & ~Push) != Acknowledge)
        {
            return false;
        }

        run._headers = headers;
        run._closed = (tcp[13] & Push) != 0;
        run._next = BinaryPrimitives.ReadUInt32BigEndian(tcp[4..]) + (uint)(frame.Length - end);
        run.HeadersEnd = end;
        run.SegmentSize = frame.Length - end;
        run.Count = 1;
        run.Length = frame.Length;
        return true;
    }

    /// <summary>Takes the next frame; false if it does not continue the run.</summary>
    /// <param name="first">The run's first frame.</param>
    /// <param name="frame">The next one.</param>
    public bool TryAppend(ReadOnlySpan<byte> first, ReadOnlySpan<byte> frame)
    {
        var payload = frame.Length - HeadersEnd;
        if (_closed || payload <= 0 || payload > SegmentSize || Length + payload > 0xffff || !IsWhole(frame, _headers) || !SameFlow(first, frame))
        {
            return false;
        }

        var tcp = frame[_headers.Transport..];
        if (BinaryPrimitives.ReadUInt32BigEndian(tcp[4..]) != _next)
        {
            return false;
        }

        _next += (uint)payload;
        _closed = payload < SegmentSize || (tcp[13] & Push) != 0;
        Length += payload;
        Count++;
        return true;
    }

    /// <summary>Makes the headers of the whole packet from a copy of the first frame's.</summary>
    /// <param name="head">The first frame's headers, changed.</param>
    /// <param name="header">What the receiver is told.</param>
    public readonly bool TryFinish(Span<byte> head, out VnetHeader header)
    {
        var network = head[_headers.Network..];
        if (_headers.IsV6)
        {
            BinaryPrimitives.WriteUInt16BigEndian(network[4..], (ushort)(Length - _headers.Network - 40));
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(network[2..], (ushort)(Length - _headers.Network));
            network[10..12].Clear();
            BinaryPrimitives.WriteUInt16LittleEndian(network[10..], InternetChecksum.Finish(InternetChecksum.Add(0, network[..(_headers.Transport - _headers.Network)])));
        }

        if (_closed)
        {
            head[_headers.Transport + 13] |= Push;
        }

        return FrameOffload.TryDescribe(head, Length, checksumBlank: true, validated: true, SegmentSize, out header);
    }

    // No padding behind the packet, and nothing cut off.
    private static bool IsWhole(ReadOnlySpan<byte> frame, FrameHeaders headers) => frame.Length >= headers.Transport + 20 && frame.Length == (headers.IsV6
        ? headers.Network + 40 + BinaryPrimitives.ReadUInt16BigEndian(frame[(headers.Network + 4)..])
        : headers.Network + BinaryPrimitives.ReadUInt16BigEndian(frame[(headers.Network + 2)..]));

    /// <summary>Equal but for lengths, the IPv4 id, checksums, the sequence number and PSH.</summary>
    private readonly bool SameFlow(ReadOnlySpan<byte> first, ReadOnlySpan<byte> frame)
    {
        var network = _headers.Network;
        var tcp = _headers.Transport;
        var sameNetwork = _headers.IsV6
            ? first[..(network + 4)].SequenceEqual(frame[..(network + 4)]) && first[(network + 6)..tcp].SequenceEqual(frame[(network + 6)..tcp])
            : first[..(network + 2)].SequenceEqual(frame[..(network + 2)]) && first[(network + 6)..(network + 10)].SequenceEqual(frame[(network + 6)..(network + 10)])
                && first[(network + 12)..tcp].SequenceEqual(frame[(network + 12)..tcp]);
        return sameNetwork
            && first[tcp..(tcp + 4)].SequenceEqual(frame[tcp..(tcp + 4)])
            && first[(tcp + 8)..(tcp + 13)].SequenceEqual(frame[(tcp + 8)..(tcp + 13)])
            && (frame[tcp + 13] & ~Push) == Acknowledge
            && first[(tcp + 14)..(tcp + 16)].SequenceEqual(frame[(tcp + 14)..(tcp + 16)])
            && first[(tcp + 18)..HeadersEnd].SequenceEqual(frame[(tcp + 18)..HeadersEnd]);
    }
}
