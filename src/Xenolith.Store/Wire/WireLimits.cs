namespace Xenolith.Store.Wire;

/// <summary>Limits that the protocol itself sets (io/xs_wire.h); quotas are another thing.</summary>
public static class WireLimits
{
    /// <summary>XENSTORE_PAYLOAD_MAX: a client that announces more is cut off.</summary>
    public const int Payload = 4096;

    /// <summary>XENSTORE_ABS_PATH_MAX: bytes of a path that begins with '/'.</summary>
    public const int AbsolutePath = 3072;

    /// <summary>The largest whole message.</summary>
    public const int Message = MessageHeader.Size + Payload;

    /// <summary>Domain ids from here on have special meanings (DOMID_FIRST_RESERVED).</summary>
    public const ushort FirstReservedDomid = 0x7ff0;

    /// <summary>DOMID_ANY: in a permission, every domain (XENSTORE_SERVER_FEATURE_DOMID_ANY).</summary>
    public const ushort AnyDomid = 0x7ff4;

    /// <summary>What this server offers: the ring's error field, watches with a depth, DOMID_ANY.</summary>
    public const uint ServerFeatures = 2 | 4 | 8;

    /// <summary>The bit of <see cref="ServerFeatures"/> that allows a depth in WATCH.</summary>
    public const uint WatchDepthFeature = 4;
}
