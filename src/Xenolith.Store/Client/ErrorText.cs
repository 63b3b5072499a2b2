using Xenolith.Store.Wire;

namespace Xenolith.Store.Client;

/// <summary>The C library's words for the store's errors, which programs print and scripts look for.</summary>
internal static class ErrorText
{
    /// <summary>What strerror says of the error.</summary>
    public static string Of(StoreError error) => error switch
    {
        StoreError.None => "Success",
        StoreError.EINVAL => "Invalid argument",
        StoreError.EACCES => "Permission denied",
        StoreError.EEXIST => "File exists",
        StoreError.ENOENT => "No such file or directory",
        StoreError.ENOMEM => "Cannot allocate memory",
        StoreError.ENOSPC => "No space left on device",
        StoreError.EIO => "Input/output error",
        StoreError.ENOSYS => "Function not implemented",
        StoreError.EBUSY => "Device or resource busy",
        StoreError.EAGAIN => "Resource temporarily unavailable",
        StoreError.E2BIG => "Argument list too long",
        StoreError.EPERM => "Operation not permitted",
        _ => error.ToString(),
    };
}
