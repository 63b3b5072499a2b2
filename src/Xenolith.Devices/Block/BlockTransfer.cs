using Xenolith.Abi.Block;
using Xenolith.Devices.Block.Images;
using Xenolith.Devices.Rings;
using Xenolith.Host;
using Xenolith.Host.Files;
using Xenolith.Machine.Grants;

namespace Xenolith.Devices.Block;

/// <summary>
/// Executes checked requests on an image: maps the granted pages, moves the data straight between them and the image, unmaps. Stateless
/// apart from its request, so requests run on any thread.
/// </summary>
internal sealed class BlockTransfer(IDiskImage image, bool readOnly, IGrantedPages grants)
{
    /// <summary>EOPNOTSUPP: the response says that the operation is not offered.</summary>
    public const int NotSupported = 95;

    [ThreadStatic]
    private static GrantMapping[]? _mapped;

    [ThreadStatic]
    private static MemoryRun[]? _runs;

    /// <summary>
    /// Performs a request; 0, an errno, or EAGAIN if <paramref name="wait"/> is false and it would have to wait for the disk.
    /// </summary>
    public int Execute(BlockRequest request, bool wait)
    {
        switch (request.Operation)
        {
            case BlkifOperation.Read or BlkifOperation.Write:
                return Move(new ReadOnlySpan<BlockRequest>(in request), wait);
            case BlkifOperation.Flush or BlkifOperation.WriteBarrier or BlkifOperation.Discard when !wait:
                return Errno.EAGAIN;
            case BlkifOperation.Flush:
                return request.SegmentCount == 0 ? image.Flush() : Barrier(request);
            case BlkifOperation.WriteBarrier:
                return Barrier(request);
            case BlkifOperation.Discard:
                return Discard(request);
            default:
                return NotSupported;
        }
    }

    private int Barrier(BlockRequest request)
    {
        if (image.Flush() is not 0 and var before)
        {
            return before;
        }

        if (request.SegmentCount == 0)
        {
            return 0;
        }

        return Move(new ReadOnlySpan<BlockRequest>(in request), wait: true) is not 0 and var error ? error : image.Flush();
    }

    private int Discard(BlockRequest request)
    {
        if (readOnly)
        {
            return Errno.EPERM;
        }

        return Fits(request.Sector, request.DiscardSectors)
            ? image.Discard((long)request.Sector * BlkifLayout.SectorSize, (long)request.DiscardSectors * BlkifLayout.SectorSize)
            : Errno.EINVAL;
    }

    private bool Fits(ulong sector, ulong count)
    {
        var size = (ulong)image.Bytes / BlkifLayout.SectorSize;
        return count <= size && sector <= size - count;
    }

    /// <summary>
    /// Reads or writes the data of requests that follow each other on the disk, <see cref="BlockRequest.MaxSegments"/> segments at most, as one.
    /// 0, an errno that one of them has earned, or EAGAIN if <paramref name="wait"/> is false and it would have to wait for the disk.
    /// </summary>
    public int Move(ReadOnlySpan<BlockRequest> requests, bool wait)
    {
        var first = requests[0];
        var write = first.Operation != BlkifOperation.Read;
        if (write && readOnly)
        {
            return Errno.EPERM;
        }

        long bytes = 0;
        foreach (var request in requests)
        {
            bytes += request.DataBytes;
        }

        if (!Fits(first.Sector, (ulong)(bytes / BlkifLayout.SectorSize)))
        {
            return Errno.EINVAL;
        }

        var pages = _mapped ??= new GrantMapping[BlockRequest.MaxSegments];
        var runs = _runs ??= new MemoryRun[BlockRequest.MaxSegments];
        var mapped = 0;
        var runCount = 0;
        var error = 0;
        foreach (var request in requests)
        {
            var segments = request.Segments.AsSpan(0, request.SegmentCount);
            var count = Map(segments, write: !write, pages.AsSpan(mapped));
            AddRuns(segments[..count], pages.AsSpan(mapped), runs, ref runCount);
            mapped += count;
            if (count < segments.Length)
            {
                error = Errno.EINVAL;
                break;
            }
        }

        if (error == 0)
        {
            var offset = (long)first.Sector * BlkifLayout.SectorSize;
            error = write ? image.Write(offset, runs.AsSpan(0, runCount), wait) : image.Read(offset, runs.AsSpan(0, runCount), wait);
        }

        if (!write)
        {
            NoteWrites(requests, pages.AsSpan(0, mapped));
        }

        grants.Unmap(pages.AsSpan(0, mapped));
        return error;
    }

    /// <summary>Maps the pages of segments; how many, fewer if one of them is not granted.</summary>
    private int Map(ReadOnlySpan<BlockSegment> segments, bool write, Span<GrantMapping> pages)
    {
        Span<uint> grefs = stackalloc uint[segments.Length];
        for (var i = 0; i < segments.Length; i++)
        {
            grefs[i] = segments[i].Gref;
        }

        return grants.Map(grefs, write, pages);
    }

    /// <summary>Lists where segments lie; what follows each other in memory is one run.</summary>
    private static void AddRuns(ReadOnlySpan<BlockSegment> segments, ReadOnlySpan<GrantMapping> pages, MemoryRun[] runs, ref int count)
    {
        for (var i = 0; i < segments.Length; i++)
        {
            var address = pages[i].Page + (segments[i].First * BlkifLayout.SectorSize);
            if (count > 0 && runs[count - 1].Address + runs[count - 1].Length == address)
            {
                runs[count - 1] = new MemoryRun(runs[count - 1].Address, runs[count - 1].Length + segments[i].Length);
            }
            else
            {
                runs[count++] = new MemoryRun(address, segments[i].Length);
            }
        }
    }

    /// <summary>Even a read that failed may have changed the pages.</summary>
    private void NoteWrites(ReadOnlySpan<BlockRequest> requests, ReadOnlySpan<GrantMapping> pages)
    {
        var page = 0;
        foreach (var request in requests)
        {
            for (var i = 0; i < request.SegmentCount && page < pages.Length; i++)
            {
                ref readonly var segment = ref request.Segments[i];
                grants.NoteWrite(in pages[page++], segment.First * BlkifLayout.SectorSize, segment.Length);
            }
        }
    }

    /// <summary>Reads the segments of an indirect request, once: nothing looks at the guest's copy again. False if they are malformed.</summary>
    public bool TryReadIndirect(BlockRequest request)
    {
        Span<byte> copy = stackalloc byte[4096];
        for (var done = 0; done < request.SegmentCount; done += BlockRequestParser.SegmentsPerPage)
        {
            var count = Math.Min(BlockRequestParser.SegmentsPerPage, request.SegmentCount - done);
            if (!grants.TryMap(request.IndirectGrefs[done / BlockRequestParser.SegmentsPerPage], write: false, out var page))
            {
                return false;
            }

            var bytes = copy[..(count * BlkifLayout.SegmentSize)];
            MappedBytes.Copy(page.Page, bytes);
            grants.Unmap(page, 0, 0);
            if (!BlockRequestParser.TryParseSegments(bytes, request.Segments.AsSpan(done, count)))
            {
                return false;
            }
        }

        return true;
    }
}
