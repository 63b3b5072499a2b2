namespace Xenolith.Abi.Net;

/// <summary>
/// Sizes and byte offsets of the network rings' entries (xen/include/public/io/netif.h). They hold no 64-bit fields: 32-bit and 64-bit guests
/// use the same.
/// </summary>
public static class NetifLayout
{
    /// <summary>Bytes of a slot of the transmit ring.</summary>
    public const int TxEntrySize = 12;

    /// <summary>Bytes of a slot of the receive ring.</summary>
    public const int RxEntrySize = 8;

    /// <summary>Slots of either ring, which is one page.</summary>
    public const int RingEntries = 256;

    /// <summary>XEN_NETIF_NR_SLOTS_MIN: the slots that a packet may take, and that every backend accepts.</summary>
    public const int MaxPacketSlots = 18;

    /// <summary>XEN_NETIF_MAX_TX_SIZE.</summary>
    public const int MaxPacketBytes = 0xffff;

    /// <summary>XEN_NETIF_EXTRA_FLAG_MORE: another slot of extra information follows.</summary>
    public const byte ExtraMore = 1;

    /// <summary>netif_tx_request: u32 gref.</summary>
    public const int TxGref = 0;

    /// <summary>netif_tx_request: u16 offset in the page.</summary>
    public const int TxOffset = 4;

    /// <summary>netif_tx_request: u16 flags.</summary>
    public const int TxFlags = 6;

    /// <summary>netif_tx_request: u16 id.</summary>
    public const int TxId = 8;

    /// <summary>netif_tx_request: u16 size; of the whole packet in its first slot.</summary>
    public const int TxSize = 10;

    /// <summary>netif_tx_response: u16 id, then s16 status.</summary>
    public const int TxResponseStatus = 2;

    /// <summary>netif_rx_request: u16 id, padding, u32 gref.</summary>
    public const int RxGref = 4;

    /// <summary>netif_rx_response: u16 id, then u16 offset in the page.</summary>
    public const int RxResponseOffset = 2;

    /// <summary>netif_rx_response: u16 flags.</summary>
    public const int RxResponseFlags = 4;

    /// <summary>netif_rx_response: s16 status, the bytes in the page.</summary>
    public const int RxResponseStatus = 6;

    /// <summary>netif_extra_info: u8 type, u8 flags, then what the type tells.</summary>
    public const int ExtraFlags = 1;

    /// <summary>netif_extra_info of a GSO: u16 segment size; of a multicast: the address's six bytes.</summary>
    public const int ExtraData = 2;

    /// <summary>netif_extra_info of a GSO: u8 <see cref="NetifGsoType"/>.</summary>
    public const int ExtraGsoType = 4;
}
