namespace Xenolith.Abi.Block;

/// <summary>What a request on a block ring asks for (xen/include/public/io/blkif.h, BLKIF_OP_*).</summary>
public enum BlkifOperation : byte
{
    /// <summary>BLKIF_OP_READ.</summary>
    Read = 0,

    /// <summary>BLKIF_OP_WRITE.</summary>
    Write = 1,

    /// <summary>BLKIF_OP_WRITE_BARRIER: everything before it is stable before its own data, and those before anything after it.</summary>
    WriteBarrier = 2,

    /// <summary>BLKIF_OP_FLUSH_DISKCACHE: every write completed before it is stable when it completes.</summary>
    Flush = 3,

    /// <summary>BLKIF_OP_DISCARD: the range's contents are no longer needed.</summary>
    Discard = 5,

    /// <summary>BLKIF_OP_INDIRECT: a read or write whose segments stand in pages of their own.</summary>
    Indirect = 6,
}

/// <summary>What a response says (BLKIF_RSP_*).</summary>
public enum BlkifStatus : short
{
    /// <summary>BLKIF_RSP_OKAY.</summary>
    Okay = 0,

    /// <summary>BLKIF_RSP_ERROR.</summary>
    Error = -1,

    /// <summary>BLKIF_RSP_EOPNOTSUPP: the operation is not offered.</summary>
    NotSupported = -2,
}
