namespace Xenolith.Abi.Io;

/// <summary>
/// Byte offsets of <c>struct xenstore_domain_interface</c> (xen/include/public/io/xs_wire.h): one page, two byte rings with free-running
/// 32-bit indices. Requests come from the guest, responses (and watch events) go to it.
/// </summary>
public static class XenstoreRing
{
    /// <summary>Bytes of each ring.</summary>
    public const int Size = 1024;

    /// <summary>The ring from the guest.</summary>
    public const int Requests = 0;

    /// <summary>The ring towards the guest.</summary>
    public const int Responses = 1024;

    /// <summary>u32: next request byte the host reads.</summary>
    public const int RequestConsumer = 2048;

    /// <summary>u32: next request byte the guest writes.</summary>
    public const int RequestProducer = 2052;

    /// <summary>u32: next response byte the guest reads.</summary>
    public const int ResponseConsumer = 2056;

    /// <summary>u32: next response byte the host writes.</summary>
    public const int ResponseProducer = 2060;

    /// <summary>u32: what the server can do beyond the first protocol.</summary>
    public const int ServerFeatures = 2064;

    /// <summary>u32: state of the connection: 0 connected, 1 the guest wants a reconnection.</summary>
    public const int Connection = 2068;

    /// <summary>u32: error of the server; 0 none.</summary>
    public const int Error = 2072;

    /// <summary>Server feature bit: the connection can be reset with the <see cref="Connection"/> field.</summary>
    public const uint FeatureReconnection = 1;

    /// <summary>Server feature bit: the <see cref="Error"/> field is used.</summary>
    public const uint FeatureError = 2;
}
