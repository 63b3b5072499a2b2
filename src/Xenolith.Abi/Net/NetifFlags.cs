namespace Xenolith.Abi.Net;

/// <summary>NETTXF_*: flags of a transmit request (xen/include/public/io/netif.h).</summary>
[Flags]
public enum NetifTxFlags : ushort
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The protocol's checksum is still to be filled in.</summary>
    ChecksumBlank = 1,

    /// <summary>The data was checked against its checksum.</summary>
    DataValidated = 2,

    /// <summary>The packet goes on in the next request.</summary>
    MoreData = 4,

    /// <summary>Extra information follows the first request.</summary>
    ExtraInfo = 8,
}

/// <summary>NETRXF_*: flags of a receive response.</summary>
[Flags]
public enum NetifRxFlags : ushort
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The data was checked against its checksum.</summary>
    DataValidated = 1,

    /// <summary>The protocol's checksum is still to be filled in.</summary>
    ChecksumBlank = 2,

    /// <summary>The packet goes on in the next response.</summary>
    MoreData = 4,

    /// <summary>Extra information follows the first response.</summary>
    ExtraInfo = 8,
}

/// <summary>XEN_NETIF_EXTRA_TYPE_*: what a ring slot of extra information tells.</summary>
public enum NetifExtraType : byte
{
    /// <summary>Never used.</summary>
    None = 0,

    /// <summary>The packet is larger than its segments: segment size and protocol.</summary>
    Gso = 1,

    /// <summary>Adds a multicast address to the filter; the request carries no packet.</summary>
    MulticastAdd = 2,

    /// <summary>Takes a multicast address out of the filter; the request carries no packet.</summary>
    MulticastDelete = 3,

    /// <summary>The sender's hash of the flow.</summary>
    Hash = 4,

    /// <summary>First number that the ABI does not know (XDP, 5, is Linux's own and is not offered).</summary>
    Limit = 5,
}

/// <summary>XEN_NETIF_GSO_TYPE_*.</summary>
public enum NetifGsoType : byte
{
    /// <summary>Not segmented.</summary>
    None = 0,

    /// <summary>TCP over IPv4.</summary>
    TcpV4 = 1,

    /// <summary>TCP over IPv6.</summary>
    TcpV6 = 2,
}

/// <summary>NETIF_RSP_*: the status of a response; a receive response that is well has the number of bytes instead.</summary>
public static class NetifStatus
{
    /// <summary>Done.</summary>
    public const short Okay = 0;

    /// <summary>The packet was malformed or could not be taken.</summary>
    public const short Error = -1;

    /// <summary>Dropped.</summary>
    public const short Dropped = -2;

    /// <summary>Answers a slot of extra information; the frontend passes over it.</summary>
    public const short Null = 1;
}
