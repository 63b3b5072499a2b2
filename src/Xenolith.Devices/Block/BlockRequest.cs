using Xenolith.Abi.Block;

namespace Xenolith.Devices.Block;

/// <summary>One segment of a request: sectors (512 bytes each) inside a granted page, both ends included.</summary>
/// <param name="Gref">The page's grant reference.</param>
/// <param name="First">First sector in the page, 0..7.</param>
/// <param name="Last">Last sector in the page, at least <paramref name="First"/>, 0..7.</param>
public readonly record struct BlockSegment(uint Gref, int First, int Last)
{
    /// <summary>Bytes moved.</summary>
    public int Length => (Last - First + 1) * BlkifLayout.SectorSize;
}

/// <summary>
/// A request as taken from a ring: copied once, checked, and kept until its response. Reused, never allocated while the disk runs.
/// </summary>
public sealed class BlockRequest
{
    /// <summary>Most segments a request may have: what <c>feature-max-indirect-segments</c> offers.</summary>
    public const int MaxSegments = 256;

    /// <summary>The frontend's name for it; returned in the response.</summary>
    public ulong Id { get; set; }

    /// <summary>What to do; an indirect request's inner operation. The response repeats it (blkfront stops a disk whose response names another).</summary>
    public BlkifOperation Operation { get; set; }

    /// <summary>First sector on the disk, in 512-byte units.</summary>
    public ulong Sector { get; set; }

    /// <summary>Discard: number of sectors.</summary>
    public ulong DiscardSectors { get; set; }

    /// <summary>Number of valid segments.</summary>
    public int SegmentCount { get; set; }

    /// <summary>The segments.</summary>
    public BlockSegment[] Segments { get; } = new BlockSegment[MaxSegments];

    /// <summary>Indirect: the pages with the segments.</summary>
    public uint[] IndirectGrefs { get; } = new uint[BlkifLayout.MaxIndirectPages];

    /// <summary>True if the segments do not stand in the entry but in the pages of <see cref="IndirectGrefs"/>, which are read once, before it is executed.</summary>
    public bool IsIndirect { get; set; }

    /// <summary>Bytes moved by all segments; summed while these are read.</summary>
    public int DataBytes { get; set; }
}
