namespace Xenolith.Store.Wire;

/// <summary>The errors that the store can answer with; on the wire they are their names (xsd_errors of io/xs_wire.h).</summary>
public enum StoreError : byte
{
    /// <summary>No error.</summary>
    None,

    /// <summary>A malformed request or path.</summary>
    EINVAL,

    /// <summary>The permissions forbid it, or forbid to say whether the node exists.</summary>
    EACCES,

    /// <summary>The watch exists already.</summary>
    EEXIST,

    /// <summary>No such node, watch, transaction or domain.</summary>
    ENOENT,

    /// <summary>The transaction cannot be kept.</summary>
    ENOMEM,

    /// <summary>A quota is used up.</summary>
    ENOSPC,

    /// <summary>The store could not record the change.</summary>
    EIO,

    /// <summary>No such request.</summary>
    ENOSYS,

    /// <summary>A transaction inside a transaction, or a domain that runs already.</summary>
    EBUSY,

    /// <summary>The transaction met a conflicting change; start it again.</summary>
    EAGAIN,

    /// <summary>The answer is longer than a payload may be.</summary>
    E2BIG,

    /// <summary>Only the control domain may change an owner.</summary>
    EPERM,
}

/// <summary>The errors' names as they go over the wire.</summary>
public static class StoreErrorNames
{
    private static readonly byte[][] Names =
    [
        "OK\0"u8.ToArray(), "EINVAL\0"u8.ToArray(), "EACCES\0"u8.ToArray(), "EEXIST\0"u8.ToArray(), "ENOENT\0"u8.ToArray(), "ENOMEM\0"u8.ToArray(),
        "ENOSPC\0"u8.ToArray(), "EIO\0"u8.ToArray(), "ENOSYS\0"u8.ToArray(), "EBUSY\0"u8.ToArray(), "EAGAIN\0"u8.ToArray(), "E2BIG\0"u8.ToArray(), "EPERM\0"u8.ToArray(),
    ];

    /// <summary>The payload of an ERROR reply: the name and a zero byte.</summary>
    public static ReadOnlySpan<byte> Payload(this StoreError error) => Names[(int)error];

    /// <summary>The error that a payload names; EINVAL for a name unknown here, as libxenstore does.</summary>
    public static StoreError Parse(ReadOnlySpan<byte> payload)
    {
        for (var i = 1; i < Names.Length; i++)
        {
            if (payload.SequenceEqual(Names[i]))
                return (StoreError)i;
        }

        return StoreError.EINVAL;
    }
}
