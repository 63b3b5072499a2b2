using System.Buffers.Binary;
using System.Text;
using Xenolith.Abi;
using Xenolith.Engine;
using Xenolith.Machine.Hypercalls;

namespace Xenolith.Machine.Version;

/// <summary>xen_version (public/version.h), as an unprivileged domain sees it: the command line and the build id are not its business.</summary>
internal static class VersionCalls
{
    private const string Denied = "<denied>";

    public static long XenVersion(Vcpu vcpu, in HypercallArguments arguments)
    {
        var target = arguments.Second;
        switch ((int)arguments.First)
        {
            case 0: // version
                return (XenIdentity.Major << 16) | XenIdentity.Minor;
            case 1: // extraversion
                return WriteText(vcpu, target, 16, XenIdentity.Extra);
            case 2: // compile_info
                return WriteCompileInfo(vcpu, target);
            case 3: // capabilities
                return WriteText(vcpu, target, 1024, XenIdentity.Capabilities);
            case 4: // changeset
                return WriteText(vcpu, target, 64, XenIdentity.Changeset);
            case 5: // platform_parameters: virt_start
                return vcpu.TryWriteGuest(target, AddressSpace.HypervisorStart) ? 0 : -XenErrno.EFAULT;
            case 6: // get_features
                return Features(vcpu, target);
            case 7: // pagesize
                return target == 0 ? MachineFrames.PageSize : -XenErrno.EINVAL;
            case 8: // guest_handle
                Span<byte> handle = stackalloc byte[16];
                vcpu.Domain.Uuid.TryWriteBytes(handle, bigEndian: true, out _);
                return vcpu.TryWriteGuest(target, handle) ? 0 : -XenErrno.EFAULT;
            case 9: // commandline
                return WriteText(vcpu, target, Denied.Length + 1, Denied);
            case 10: // build_id
                return -XenErrno.EPERM;
            default:
                return -XenErrno.ENOSYS;
        }
    }

    private static long Features(Vcpu vcpu, ulong target)
    {
        if (!vcpu.TryReadGuest<uint>(target, out var submap))
        {
            return -XenErrno.EFAULT;
        }

        if (submap != 0)
        {
            return -XenErrno.EINVAL;
        }

        return vcpu.TryWriteGuest(target + 4, XenIdentity.Features) ? 0 : -XenErrno.EFAULT;
    }

    private static long WriteCompileInfo(Vcpu vcpu, ulong target)
    {
        Span<byte> info = stackalloc byte[64 + 16 + 32 + 32];
        info.Clear();
        Encoding.ASCII.GetBytes(XenIdentity.Compiler, info[..63]);
        Encoding.ASCII.GetBytes(XenIdentity.CompiledBy, info.Slice(64, 15));
        Encoding.ASCII.GetBytes(XenIdentity.CompileDomain, info.Slice(80, 31));
        Encoding.ASCII.GetBytes(XenIdentity.CompileDate, info.Slice(112, 31));
        return vcpu.TryWriteGuest(target, info) ? 0 : -XenErrno.EFAULT;
    }

    private static long WriteText(Vcpu vcpu, ulong target, int size, string text)
    {
        Span<byte> buffer = stackalloc byte[size];
        buffer.Clear();
        Encoding.ASCII.GetBytes(text, buffer);
        return vcpu.TryWriteGuest(target, buffer) ? 0 : -XenErrno.EFAULT;
    }
}
