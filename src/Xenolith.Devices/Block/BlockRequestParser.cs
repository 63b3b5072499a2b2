using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Xenolith.Abi.Block;

namespace Xenolith.Devices.Block;

/// <summary>
/// Turns a copied ring entry into a checked <see cref="BlockRequest"/>. Pure. A malformed request is answered with an error like a failed
/// one; only a lying ring stops the device.
/// </summary>
public static class BlockRequestParser
{
    /// <summary>Segments in one page of an indirect request.</summary>
    public const int SegmentsPerPage = 4096 / BlkifLayout.SegmentSize;

    /// <summary>Reads an entry; false if the request is malformed (Id and Operation are set all the same).</summary>
    public static bool TryParse(ReadOnlySpan<byte> entry, BlkifLayout layout, BlockRequest request)
    {
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentNullException.ThrowIfNull(request);
        request.Operation = (BlkifOperation)entry[0];
        request.IsIndirect = request.Operation == BlkifOperation.Indirect;
        request.SegmentCount = 0;
        request.DataBytes = 0;
        request.DiscardSectors = 0;
        if (request.IsIndirect)
        {
            return TryParseIndirect(entry, layout, request);
        }

        request.Id = BinaryPrimitives.ReadUInt64LittleEndian(entry[layout.Id..]);
        request.Sector = BinaryPrimitives.ReadUInt64LittleEndian(entry[layout.Sector..]);
        if (request.Operation == BlkifOperation.Discard)
        {
            request.DiscardSectors = BinaryPrimitives.ReadUInt64LittleEndian(entry[layout.Segments..]);
            return true;
        }

        // A flush, or a barrier, may be without data; a read or write of nothing is an error, as for blkback.
        int count = entry[1];
        if (count > BlkifLayout.MaxSegments || (count == 0 && request.Operation is (BlkifOperation.Read or BlkifOperation.Write)))
        {
            return false;
        }

        request.SegmentCount = count;
        return TryParseSegments(entry.Slice(layout.Segments, count * BlkifLayout.SegmentSize), request, 0);
    }

    /// <summary>Reads segments, of an entry or of a copied indirect page; false if one of them leaves its page.</summary>
    /// <param name="bytes">Whole segments.</param>
    /// <param name="request">Whose they are; its bytes are counted.</param>
    /// <param name="first">Number of the first in the request.</param>
    public static bool TryParseSegments(ReadOnlySpan<byte> bytes, BlockRequest request, int first)
    {
        ArgumentNullException.ThrowIfNull(request);
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        var segments = request.Segments.AsSpan(first, words.Length);
        var total = 0;
        for (var i = 0; i < segments.Length; i++)
        {
            // struct blkif_request_segment: the gref, then a byte each for the first and last sector.
            var word = words[i];
            var segment = new BlockSegment((uint)word, (byte)(word >> 32), (byte)(word >> 40));
            if (segment.Last < segment.First || segment.Last > 7)
            {
                return false;
            }

            segments[i] = segment;
            total += segment.Length;
        }

        request.DataBytes += total;
        return true;
    }

    private static bool TryParseIndirect(ReadOnlySpan<byte> entry, BlkifLayout layout, BlockRequest request)
    {
        request.Id = BinaryPrimitives.ReadUInt64LittleEndian(entry[layout.IndirectId..]);
        request.Sector = BinaryPrimitives.ReadUInt64LittleEndian(entry[layout.IndirectSector..]);
        request.Operation = (BlkifOperation)entry[1];
        int count = BinaryPrimitives.ReadUInt16LittleEndian(entry[2..]);
        if (count is 0 or > BlockRequest.MaxSegments || request.Operation is not (BlkifOperation.Read or BlkifOperation.Write))
        {
            return false;
        }

        request.SegmentCount = count;
        for (var i = 0; i < (count + SegmentsPerPage - 1) / SegmentsPerPage; i++)
        {
            request.IndirectGrefs[i] = BinaryPrimitives.ReadUInt32LittleEndian(entry[(layout.IndirectGrefs + (4 * i))..]);
        }

        return true;
    }
}
