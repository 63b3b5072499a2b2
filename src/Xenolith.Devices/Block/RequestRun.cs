using Xenolith.Abi.Block;

namespace Xenolith.Devices.Block;

/// <summary>
/// Reads or writes that follow each other on the disk, executed as one: a frontend splits what its user asked for into requests of a few pages,
/// and a file system works for each call as much as for each page. Owned by the ring's thread.
/// </summary>
internal sealed class RequestRun
{
    /// <summary>Half of what the smallest ring holds: the frontend works on the other half meanwhile.</summary>
    private const int MostRequests = 16;

    private readonly BlockRequest[] _requests = new BlockRequest[MostRequests];
    private int _count;
    private int _segments;
    private ulong _end;

    /// <summary>The requests, in the disk's order.</summary>
    public ReadOnlySpan<BlockRequest> Requests => _requests.AsSpan(0, _count);

    /// <summary>Adds a request whose segments are known; false if it does not follow, or the run is long enough.</summary>
    public bool TryAdd(BlockRequest request)
    {
        var follows = _count == 0
            || (request.Operation == _requests[0].Operation && request.Sector == _end && _count < MostRequests && _segments + request.SegmentCount <= BlockRequest.MaxSegments);
        if (follows)
        {
            _requests[_count++] = request;
            _segments += request.SegmentCount;
            _end = request.Sector + (ulong)(request.DataBytes / BlkifLayout.SectorSize);
        }

        return follows;
    }

    /// <summary>Forgets the requests.</summary>
    public void Clear() => _count = _segments = 0;
}
