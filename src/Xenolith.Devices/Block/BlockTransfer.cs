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
            case BlkifOperation.Read:
                return Move(request, write: false, wait);
            case BlkifOperation.Write:
                return Move(request, write: true, wait);
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

        return Move(request, write: true, wait: true) is not 0 and var error ? error : image.Flush();
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

    private int Move(BlockRequest request, bool write, bool wait)
    {
        if (write && readOnly)
        {
            return Errno.EPERM;
        }

        if (request.IsIndirect && ReadIndirect(request) is not 0 and var malformed)
        {
            return malformed;
        }

        if (!Fits(request.Sector, (ulong)(request.DataBytes / BlkifLayout.SectorSize)))
        {
            return Errno.EINVAL;
        }

        var segments = request.Segments.AsSpan(0, request.SegmentCount);
        var pages = Map(segments, write: !write);
        var error = Errno.EINVAL;
        if (pages.Length == segments.Length)
        {
            var runs = Runs(segments, pages);
            var offset = (long)request.Sector * BlkifLayout.SectorSize;
            error = write ? image.Write(offset, runs, wait) : image.Read(offset, runs, wait);
            for (var i = 0; !write && i < pages.Length; i++)
            {
                grants.NoteWrite(in pages[i], segments[i].First * BlkifLayout.SectorSize, segments[i].Length);
            }
        }

        grants.Unmap(pages);
        return error;
    }

    /// <summary>The pages of a request's segments; fewer if one of them is not granted.</summary>
    private ReadOnlySpan<GrantMapping> Map(ReadOnlySpan<BlockSegment> segments, bool write)
    {
        Span<uint> grefs = stackalloc uint[BlockRequest.MaxSegments];
        for (var i = 0; i < segments.Length; i++)
        {
            grefs[i] = segments[i].Gref;
        }

        var pages = _mapped ??= new GrantMapping[BlockRequest.MaxSegments];
        return pages.AsSpan(0, grants.Map(grefs[..segments.Length], write, pages));
    }

    /// <summary>Where a request's data lies, in order; what follows each other in memory is one run.</summary>
    private static Span<MemoryRun> Runs(ReadOnlySpan<BlockSegment> segments, ReadOnlySpan<GrantMapping> pages)
    {
        var runs = _runs ??= new MemoryRun[BlockRequest.MaxSegments];
        var count = 0;
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

        return runs.AsSpan(0, count);
    }

    private int ReadIndirect(BlockRequest request)
    {
        Span<byte> copy = stackalloc byte[4096];
        for (var done = 0; done < request.SegmentCount; done += BlockRequestParser.SegmentsPerPage)
        {
            var count = Math.Min(BlockRequestParser.SegmentsPerPage, request.SegmentCount - done);
            if (!grants.TryMap(request.IndirectGrefs[done / BlockRequestParser.SegmentsPerPage], write: false, out var page))
            {
                return Errno.EINVAL;
            }

            var bytes = copy[..(count * BlkifLayout.SegmentSize)];
            MappedBytes.Copy(page.Page, bytes);
            grants.Unmap(page, 0, 0);
            if (!BlockRequestParser.TryParseSegments(bytes, request.Segments.AsSpan(done, count)))
            {
                return Errno.EINVAL;
            }
        }

        // Read once: a second attempt after EAGAIN must not see other segments.
        request.IsIndirect = false;
        return 0;
    }
}
