namespace Xenolith.Abi.Block;

/// <summary>
/// Where the fields of a block ring's entries lie for one guest ABI (xen/include/public/io/blkif.h). The 32-bit x86 ABI aligns 64-bit
/// fields to four bytes, so its entries are shorter; the frontend names its ABI in the store's <c>protocol</c> node.
/// </summary>
public sealed class BlkifLayout
{
    /// <summary><c>x86_64-abi</c>.</summary>
    public static BlkifLayout X64 { get; } = new("x86_64-abi", requestSize: 112, responseSize: 16, id: 8, sector: 16, segments: 24,
        indirectId: 8, indirectSector: 16, indirectHandle: 24, indirectGrefs: 28, responseOperation: 8);

    /// <summary><c>x86_32-abi</c>.</summary>
    public static BlkifLayout X86 { get; } = new("x86_32-abi", requestSize: 108, responseSize: 12, id: 4, sector: 12, segments: 20,
        indirectId: 4, indirectSector: 12, indirectHandle: 20, indirectGrefs: 24, responseOperation: 8);

    private BlkifLayout(string protocol, int requestSize, int responseSize, int id, int sector, int segments, int indirectId, int indirectSector, int indirectHandle, int indirectGrefs, int responseOperation)
    {
        Protocol = protocol;
        RequestSize = requestSize;
        ResponseSize = responseSize;
        Id = id;
        Sector = sector;
        Segments = segments;
        IndirectId = indirectId;
        IndirectSector = indirectSector;
        IndirectHandle = indirectHandle;
        IndirectGrefs = indirectGrefs;
        ResponseOperation = responseOperation;
    }

    /// <summary>Producer and consumer indices in front of the entries (struct sring): req_prod, req_event, rsp_prod, rsp_event, padding to 64 bytes.</summary>
    public const int RingHeader = 64;

    /// <summary>BLKIF_MAX_SEGMENTS_PER_REQUEST.</summary>
    public const int MaxSegments = 11;

    /// <summary>BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST.</summary>
    public const int MaxIndirectPages = 8;

    /// <summary>Bytes of a segment: gref, first and last sector, padding.</summary>
    public const int SegmentSize = 8;

    /// <summary>Bytes of a ring's sector, whatever the disk's own sector size.</summary>
    public const int SectorSize = 512;

    /// <summary>The ABI's name in the store.</summary>
    public string Protocol { get; }

    /// <summary>Bytes of a request (union of all forms).</summary>
    public int RequestSize { get; }

    /// <summary>Bytes of a response.</summary>
    public int ResponseSize { get; }

    /// <summary>Bytes of a ring entry: requests and responses share the slots.</summary>
    public int EntrySize => RequestSize;

    /// <summary>Offset of the request's 64-bit id in the ordinary form.</summary>
    public int Id { get; }

    /// <summary>Offset of the 64-bit first sector (ordinary and discard form).</summary>
    public int Sector { get; }

    /// <summary>Offset of the segments; in the discard form the 64-bit number of sectors.</summary>
    public int Segments { get; }

    /// <summary>Offset of the id in the indirect form.</summary>
    public int IndirectId { get; }

    /// <summary>Offset of the first sector in the indirect form.</summary>
    public int IndirectSector { get; }

    /// <summary>Offset of the 16-bit handle in the indirect form.</summary>
    public int IndirectHandle { get; }

    /// <summary>Offset of the grant references of the indirect pages.</summary>
    public int IndirectGrefs { get; }

    /// <summary>Offset of the operation in a response; the status follows two bytes later.</summary>
    public int ResponseOperation { get; }

    /// <summary>The layout of a <c>protocol</c> node; null for one that is not known. An absent node means the host's own.</summary>
    public static BlkifLayout? Of(string? protocol) => protocol switch
    {
        null or "" or "x86_64-abi" => X64,
        "x86_32-abi" => X86,
        _ => null,
    };

    /// <summary>Entries of a ring of some pages: the largest power of two that fits.</summary>
    public int Entries(int pages)
    {
        var fit = ((pages * 4096) - RingHeader) / EntrySize;
        return 1 << System.Numerics.BitOperations.Log2((uint)fit);
    }
}
