using System.Runtime.InteropServices;
using Xenolith.Abi;
using Xenolith.Machine.Events;
using Xenolith.Machine.Hypercalls;

namespace Xenolith.Machine.Grants;

/// <summary>
/// grant_table_op (public/grant_table.h) of a domU: its own table. It maps no other domain's pages: Domain-0's backends grant it none, and other domains
/// live in other processes; its own are <see cref="GrantMapCalls"/>'. Each operation of a batch reports its own status; long batches continue later.
/// </summary>
internal static class GrantCalls
{
    private const int MapReference = 0, UnmapReference = 1, SetupTable = 2, Transfer = 4, Copy = 5, QuerySize = 6, UnmapAndReplace = 7, SetVersion = 8,
        GetStatusFrames = 9, GetVersion = 10, SwapReference = 11, CacheFlush = 12;

    /// <summary>GNTTABOP_CONTINUATION: the bits of the command in which we keep nothing; guests set none.</summary>
    private const uint CommandLimit = 1 << 12;

    private delegate long Operation(Vcpu vcpu, ulong address);

    public static long GrantTableOp(Vcpu vcpu, in HypercallArguments arguments)
    {
        var command = (uint)arguments.First;
        var count = (uint)arguments.Third;
        if ((int)count < 0 || command >= CommandLimit)
        {
            return -XenErrno.EINVAL;
        }

        switch (command)
        {
            case SetupTable or QuerySize when count != 1:
            case GetStatusFrames or SetVersion when count != 1:
                return -XenErrno.EINVAL;
            case MapReference:
                return Each(vcpu, in arguments, GrantMapCalls.MapSize, count, GrantMapCalls.Map);
            case UnmapReference:
                return Each(vcpu, in arguments, GrantMapCalls.UnmapSize, count, GrantMapCalls.Unmap);
            case UnmapAndReplace:
                return Each(vcpu, in arguments, GrantMapCalls.UnmapSize, count, GrantMapCalls.UnmapAndReplace);
            case Transfer:
                return Each(vcpu, in arguments, 24, count, RefuseTransfer);
            case Copy:
                return Each(vcpu, in arguments, GrantCopy.Size, count, GrantCopy.Execute);
            case SwapReference:
                return Each(vcpu, in arguments, 12, count, Swap);
            case SetupTable:
                return Setup(vcpu, arguments.Second);
            case QuerySize:
                return Query(vcpu, arguments.Second);
            case SetVersion:
                return ChangeVersion(vcpu, arguments.Second);
            case GetStatusFrames:
                return StatusFrames(vcpu, arguments.Second);
            case GetVersion:
                return TellVersion(vcpu, arguments.Second);
            case CacheFlush:
                return -XenErrno.EOPNOTSUPP;
            default:
                return -XenErrno.ENOSYS;
        }
    }

    /// <summary>True if a domid names the caller.</summary>
    internal static bool IsSelf(Vcpu vcpu, ushort domain) => domain == EventChannels.Self || domain == vcpu.Domain.Id;

    private static long Each(Vcpu vcpu, in HypercallArguments arguments, uint size, uint count, Operation operation)
    {
        var address = arguments.Second;
        for (uint i = 0; i < count; i++, address += size)
        {
            if (i != 0 && vcpu.ShouldYield)
            {
                return vcpu.Continue(new(arguments.First, address, count - i));
            }

            if (operation(vcpu, address) is var result and not 0)
            {
                return result;
            }
        }

        return 0;
    }

    private static long Setup(Vcpu vcpu, ulong address)
    {
        if (!vcpu.TryReadGuest<FrameList>(address, out var request))
        {
            return -XenErrno.EFAULT;
        }

        var table = vcpu.Domain.Grants;
        var status = GrantStatus.Okay;
        if (!IsSelf(vcpu, request.Domain))
        {
            status = request.Domain == 0 ? GrantStatus.PermissionDenied : GrantStatus.BadDomain;
        }
        else if (request.Count > table.MaximumFrames)
        {
            status = GrantStatus.GeneralError;
        }
        else
        {
            Span<ulong> frames = stackalloc ulong[(int)request.Count];
            if (!table.TrySetup(frames.Length, frames))
            {
                status = GrantStatus.GeneralError;
            }
            else if (!vcpu.TryWriteGuest(request.List, MemoryMarshal.AsBytes(frames)))
            {
                return -XenErrno.EFAULT;
            }
        }

        return WriteStatus(vcpu, address + 8, status);
    }

    private static long StatusFrames(Vcpu vcpu, ulong address)
    {
        if (!vcpu.TryReadGuest<StatusFrameList>(address, out var request))
        {
            return -XenErrno.EFAULT;
        }

        var status = GrantStatus.Okay;
        Span<ulong> frames = stackalloc ulong[(int)Math.Min(request.Count, 64)];
        if (!IsSelf(vcpu, request.Domain))
        {
            status = request.Domain == 0 ? GrantStatus.PermissionDenied : GrantStatus.BadDomain;
        }
        else if (request.Count > 64 || !vcpu.Domain.Grants.TryGetStatusFrames((int)request.Count, frames))
        {
            status = GrantStatus.GeneralError;
        }
        else if (!vcpu.TryWriteGuest(request.List, MemoryMarshal.AsBytes(frames)))
        {
            return -XenErrno.EFAULT;
        }

        return WriteStatus(vcpu, address + 6, status);
    }

    private static long Query(Vcpu vcpu, ulong address)
    {
        if (!vcpu.TryReadGuest<ushort>(address, out var domain))
        {
            return -XenErrno.EFAULT;
        }

        if (!IsSelf(vcpu, domain))
        {
            return WriteStatus(vcpu, address + 12, domain == 0 ? GrantStatus.PermissionDenied : GrantStatus.BadDomain);
        }

        var table = vcpu.Domain.Grants;
        return vcpu.TryWriteGuest(address + 4, ((ulong)table.MaximumFrames << 32) | (uint)table.FrameCount)
            ? WriteStatus(vcpu, address + 12, GrantStatus.Okay)
            : -XenErrno.EFAULT;
    }

    private static long ChangeVersion(Vcpu vcpu, ulong address)
    {
        if (!vcpu.TryReadGuest<uint>(address, out var version))
        {
            return -XenErrno.EFAULT;
        }

        var error = vcpu.Domain.Grants.SetVersion(version);
        var now = (uint)vcpu.Domain.Grants.Version;
        return vcpu.TryWriteGuest(address, in now) ? -error : -XenErrno.EFAULT;
    }

    private static long TellVersion(Vcpu vcpu, ulong address)
    {
        if (!vcpu.TryReadGuest<ushort>(address, out var domain))
        {
            return -XenErrno.EFAULT;
        }

        if (!IsSelf(vcpu, domain))
        {
            return domain == 0 ? -XenErrno.EPERM : -XenErrno.ESRCH;
        }

        var version = (uint)vcpu.Domain.Grants.Version;
        return vcpu.TryWriteGuest(address + 4, in version) ? 0 : -XenErrno.EFAULT;
    }

    private static long Swap(Vcpu vcpu, ulong address)
        => vcpu.TryReadGuest<ulong>(address, out var pair)
            ? WriteStatus(vcpu, address + 8, vcpu.Domain.Grants.Swap((uint)pair, (uint)(pair >> 32)))
            : -XenErrno.EFAULT;

    private static long RefuseTransfer(Vcpu vcpu, ulong address)
        => vcpu.TryReadGuest<ulong>(address, out _) ? WriteStatus(vcpu, address + 16, GrantStatus.BadDomain) : -XenErrno.EFAULT;

    private static long WriteStatus(Vcpu vcpu, ulong address, short status) => vcpu.TryWriteGuest(address, in status) ? 0 : -XenErrno.EFAULT;

    [StructLayout(LayoutKind.Explicit, Size = 24)]
    private readonly struct FrameList
    {
        [FieldOffset(0)]
        public readonly ushort Domain;
        [FieldOffset(4)]
        public readonly uint Count;
        [FieldOffset(16)]
        public readonly ulong List;
    }

    [StructLayout(LayoutKind.Explicit, Size = 16)]
    private readonly struct StatusFrameList
    {
        [FieldOffset(0)]
        public readonly uint Count;
        [FieldOffset(4)]
        public readonly ushort Domain;
        [FieldOffset(8)]
        public readonly ulong List;
    }
}
