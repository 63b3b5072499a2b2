using System.Buffers.Binary;

namespace Xenolith.Devices.Net.Frames;

/// <summary>Work that a frame's sender left to its receiver: checksums and segments. Pure.</summary>
public static class FrameOffload
{
    /// <summary>
    /// Segments of a large packet at most. Frontends that mean it stay far below (Linux's smallest segment has 48 bytes); a byte each would have
    /// whoever cuts it do the work of 65,000 packets for one.
    /// </summary>
    public const int MostSegments = 2048;

    /// <summary>
    /// Describes a guest's packet to a port, from the packet itself rather than from what the guest says about it. Puts the pseudo header's
    /// sum into the checksum field, since some guests leave it blank indeed.
    /// </summary>
    /// <param name="head">The frame's first bytes, ours to change.</param>
    /// <param name="length">Bytes of the whole frame.</param>
    /// <param name="checksumBlank">The guest left the checksum to us.</param>
    /// <param name="validated">The guest says that the checksum was checked.</param>
    /// <param name="gsoSize">Payload bytes of a segment; 0 for an ordinary packet.</param>
    /// <param name="header">The description.</param>
    /// <returns>False if the packet is not what such a request may hold.</returns>
    public static bool TryDescribe(Span<byte> head, int length, bool checksumBlank, bool validated, int gsoSize, out VnetHeader header)
    {
        header = new(validated ? VnetFlags.DataValid : VnetFlags.None, VnetGso.None, 0, 0, 0, 0);
        if (!checksumBlank && gsoSize == 0)
        {
            return true;
        }

        if (!FrameHeaders.TryFind(head, out var headers))
        {
            return false;
        }

        var field = head[(headers.Transport + headers.ChecksumOffset)..];
        BinaryPrimitives.WriteUInt16LittleEndian(field, InternetChecksum.Fold(headers.PseudoHeader(head, length - headers.Transport)));
        var end = 0;
        if (gsoSize != 0)
        {
            end = headers.TcpHeadersEnd(head);
            if (end == 0)
            {
                return false;
            }

            if (length - end > gsoSize * MostSegments)
            {
                return false;
            }

            if (length - end <= gsoSize)
            {
                gsoSize = 0;
            }
        }

        header = new(
            VnetFlags.NeedsChecksum,
            gsoSize == 0 ? VnetGso.None : headers.IsV6 ? VnetGso.TcpV6 : VnetGso.TcpV4,
            (ushort)end,
            (ushort)gsoSize,
            (ushort)headers.Transport,
            (ushort)headers.ChecksumOffset);
        return true;
    }

    /// <summary>True if what a header from outside says fits a frame of so many bytes.</summary>
    public static bool IsSound(in VnetHeader header, int length)
    {
        if (header.NeedsChecksum && header.ChecksumStart + header.ChecksumOffset + 2 > length)
        {
            return false;
        }

        return header.Gso switch
        {
            VnetGso.None => true,
            VnetGso.TcpV4 or VnetGso.TcpV6 => header.GsoSize != 0 && header.NeedsChecksum,
            _ => false,
        };
    }

    /// <summary>
    /// True if a guest finds the checksum field by itself, as netfronts do: plain TCP or UDP over IP without a tag, at the place named.
    /// </summary>
    public static bool IsPlain(in VnetHeader header, ReadOnlySpan<byte> head, out FrameHeaders headers)
        => FrameHeaders.TryFind(head, out headers) && !headers.Tagged && header.ChecksumStart == headers.Transport && header.ChecksumOffset == headers.ChecksumOffset;

    /// <summary>Fills in the checksum of a whole frame in one piece; <see cref="IsSound"/> was asked before.</summary>
    public static void FillChecksum(Span<byte> frame, in VnetHeader header)
    {
        var sum = InternetChecksum.Add(0, frame[header.ChecksumStart..]);
        Store(frame[(header.ChecksumStart + header.ChecksumOffset)..], sum);
    }

    /// <summary>Stores a finished checksum; UDP's zero means "none" and is sent as its other form.</summary>
    public static void Store(Span<byte> field, ulong sum)
    {
        var value = InternetChecksum.Finish(sum);
        BinaryPrimitives.WriteUInt16LittleEndian(field, value == 0 ? (ushort)0xffff : value);
    }
}
