using Xenolith.Abi.Block;
using Xenolith.Devices.Block.Images;
using Xenolith.Devices.Rings;
using Xenolith.Engine;
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
    private static uint[]? _grefs;

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

        var grefs = Grefs(requests);
        Span<GrantMapping> pages = (_mapped ??= new GrantMapping[BlockRequest.MaxSegments]).AsSpan(0, grefs.Length);
        pages = pages[..grants.Map(grefs, write: !write, pages)];
        var error = Errno.EINVAL;
        if (pages.Length == grefs.Length)
        {
            var offset = (long)first.Sector * BlkifLayout.SectorSize;
            var runs = Runs(requests, pages);
            error = write ? image.Write(offset, runs, wait) : image.Read(offset, runs, wait);
            if (!write)
            {
                NoteWrites(requests, pages, bytes);
            }
        }

        grants.Unmap(pages);
        return error;
    }

    private static ReadOnlySpan<uint> Grefs(ReadOnlySpan<BlockRequest> requests)
    {
        var grefs = _grefs ??= new uint[BlockRequest.MaxSegments];
        var count = 0;
        foreach (var request in requests)
        {
            foreach (ref readonly var segment in request.Segments.AsSpan(0, request.SegmentCount))
            {
                grefs[count++] = segment.Gref;
            }
        }

        return grefs.AsSpan(0, count);
    }

    /// <summary>Lists where segments lie; what follows each other in memory is one run.</summary>
    private static Span<MemoryRun> Runs(ReadOnlySpan<BlockRequest> requests, ReadOnlySpan<GrantMapping> pages)
    {
        var runs = _runs ??= new MemoryRun[BlockRequest.MaxSegments];
        var (count, page) = (0, 0);
        var (start, end) = ((nint)0, (nint)0);
        foreach (var request in requests)
        {
            foreach (ref readonly var segment in request.Segments.AsSpan(0, request.SegmentCount))
            {
                var address = pages[page++].Page + (segment.First * BlkifLayout.SectorSize);
                if (address != end)
                {
                    start = address;
                    count++;
                }

                end = address + segment.Length;
                runs[count - 1] = new MemoryRun(start, end - start);
            }
        }

        return runs.AsSpan(0, count);
    }

    /// <summary>Even a read that failed may have changed the pages.</summary>
    private void NoteWrites(ReadOnlySpan<BlockRequest> requests, ReadOnlySpan<GrantMapping> pages, long bytes)
    {
        if (bytes == (long)pages.Length * MachineFrames.PageSize)
        {
            grants.NoteWrites(pages);
            return;
        }

        var page = 0;
        foreach (var request in requests)
        {
            foreach (ref readonly var segment in request.Segments.AsSpan(0, request.SegmentCount))
            {
                grants.NoteWrite(in pages[page++], segment.First * BlkifLayout.SectorSize, segment.Length);
            }
        }
    }

    /// <summary>Reads the segments of an indirect request, once: nothing looks at the guest's copy again. False if they are malformed.</summary>
    public bool TryReadIndirect(BlockRequest request)
    {
        Span<byte> copy = stackalloc byte[Math.Min(request.SegmentCount, BlockRequestParser.SegmentsPerPage) * BlkifLayout.SegmentSize];
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
            if (!BlockRequestParser.TryParseSegments(bytes, request, done))
            {
                return false;
            }
        }

        return true;
    }
}
