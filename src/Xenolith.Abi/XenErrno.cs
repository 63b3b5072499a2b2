namespace Xenolith.Abi;

/// <summary>Error numbers of the Xen ABI (public/errno.h), positive as listed there. A hypercall returns them negated.</summary>
public static class XenErrno
{
    /// <summary>Operation not permitted.</summary>
    public const int EPERM = 1;

    /// <summary>No such entity.</summary>
    public const int ENOENT = 2;

    /// <summary>No such domain or vCPU.</summary>
    public const int ESRCH = 3;

    /// <summary>I/O error.</summary>
    public const int EIO = 5;

    /// <summary>No such device or address.</summary>
    public const int ENXIO = 6;

    /// <summary>Argument list too long.</summary>
    public const int E2BIG = 7;

    /// <summary>Try again.</summary>
    public const int EAGAIN = 11;

    /// <summary>Out of memory.</summary>
    public const int ENOMEM = 12;

    /// <summary>Permission denied.</summary>
    public const int EACCES = 13;

    /// <summary>Bad address.</summary>
    public const int EFAULT = 14;

    /// <summary>Device or resource busy.</summary>
    public const int EBUSY = 16;

    /// <summary>Already exists.</summary>
    public const int EEXIST = 17;

    /// <summary>Cross-device link.</summary>
    public const int EXDEV = 18;

    /// <summary>No such device.</summary>
    public const int ENODEV = 19;

    /// <summary>Invalid argument.</summary>
    public const int EINVAL = 22;

    /// <summary>No space left.</summary>
    public const int ENOSPC = 28;

    /// <summary>Read-only.</summary>
    public const int EROFS = 30;

    /// <summary>Argument out of domain.</summary>
    public const int EDOM = 33;

    /// <summary>Numerical result out of range.</summary>
    public const int ERANGE = 34;

    /// <summary>Function not implemented.</summary>
    public const int ENOSYS = 38;

    /// <summary>No data available.</summary>
    public const int ENODATA = 61;

    /// <summary>Time expired (what the ABI calls an expired singleshot timer).</summary>
    public const int ETIME = 62;

    /// <summary>Value too large.</summary>
    public const int EOVERFLOW = 75;

    /// <summary>Operation not supported.</summary>
    public const int EOPNOTSUPP = 95;

    /// <summary>Buffer too small.</summary>
    public const int ENOBUFS = 105;
}
