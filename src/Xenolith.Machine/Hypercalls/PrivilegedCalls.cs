using Xenolith.Abi;

namespace Xenolith.Machine.Hypercalls;

/// <summary>
/// Hypercalls of the control domain: an unprivileged one is refused, but as Xen refuses it: an argument that cannot be read is -EFAULT, another
/// interface version -EACCES, a domain that does not exist for it -ESRCH, the rest -EPERM.
/// </summary>
internal static class PrivilegedCalls
{
    private const uint SysctlVersion = 0x15, DomctlVersion = 0x15, PlatformVersion = 0x0300_0000;

    public static long Sysctl(Vcpu vcpu, in HypercallArguments arguments) => CheckVersion(vcpu, arguments.First, SysctlVersion);

    public static long PlatformOp(Vcpu vcpu, in HypercallArguments arguments) => CheckVersion(vcpu, arguments.First, PlatformVersion);

    public static long Domctl(Vcpu vcpu, in HypercallArguments arguments)
    {
        if (CheckVersion(vcpu, arguments.First, DomctlVersion) is var error and not -XenErrno.EPERM)
        {
            return error;
        }

        if (!vcpu.TryReadGuest<ushort>(arguments.First + 8, out var domain))
        {
            return -XenErrno.EFAULT;
        }

        return domain == 0 || domain == vcpu.Domain.Id ? -XenErrno.EPERM : -XenErrno.ESRCH;
    }

    public static long DmOp(Vcpu vcpu, in HypercallArguments arguments)
        => (ushort)arguments.First is var domain && (domain == 0 || domain == vcpu.Domain.Id) ? -XenErrno.EPERM : -XenErrno.ESRCH;

    /// <summary>hvm_op of a PV domain: parameters are an HVM domain's.</summary>
    public static long HvmOp(Vcpu vcpu, in HypercallArguments arguments)
    {
        switch (arguments.First)
        {
            case 0 or 1:
                return vcpu.TryReadGuest<ushort>(arguments.Second, out _) ? -XenErrno.EINVAL : -XenErrno.EFAULT;
            case 5:
                return -XenErrno.EINVAL;
            case 9 or 15:
                return -XenErrno.EOPNOTSUPP;
            default:
                return -XenErrno.ENOSYS;
        }
    }

    private static long CheckVersion(Vcpu vcpu, ulong address, uint version)
    {
        if (!vcpu.TryReadGuest<ulong>(address, out var header))
        {
            return -XenErrno.EFAULT;
        }

        return header >> 32 == version ? -XenErrno.EPERM : -XenErrno.EACCES;
    }
}
