using Xenolith.Abi;
using Xenolith.Machine.Hypercalls;
using Xenolith.Machine.Memory;
using static Xenolith.Abi.MmuextCommand;

namespace Xenolith.Machine.Mmu;

/// <summary>mmuext_op: pins, address-space switches, flushes and whole-page work. On the calling vCPU's thread.</summary>
internal static class MmuextOpCall
{
    private const int OperationSize = 24;

    /// <summary>The hypercall: list, count, where to add the number done (or null), whose frames.</summary>
    public static long Handle(Vcpu vcpu, in HypercallArguments arguments)
    {
        var list = arguments.First;
        var progress = MmuProgress.Of(vcpu, (uint)arguments.Second, arguments.Third);
        var count = progress.Count;
        if (!AddressSpace.IsGuestAddress(list))
        {
            return -XenErrno.EFAULT;
        }

        switch (ForeignDomains.OfFrames(vcpu, (ushort)arguments.Fourth))
        {
            case ForeignDomain.Unknown:
                return -XenErrno.ESRCH;
            case ForeignDomain.Refused or ForeignDomain.Io:
                return -XenErrno.EPERM;
        }

        var result = 0;
        uint done = 0;
        for (; done < count; done++)
        {
            if (done != 0 && vcpu.ShouldYield)
            {
                result = MmuResult.Yield;
                break;
            }

            var address = list + ((ulong)done * OperationSize);
            result = AddressSpace.IsGuestAddress(address) && vcpu.TryReadGuest(address, out MmuextOp operation)
                ? One(vcpu, in operation)
                : -XenErrno.EFAULT;
            if (result != 0)
            {
                break;
            }
        }

        vcpu.CommitRoots();
        progress.Tell(vcpu, done);

        return result == MmuResult.Yield
            ? vcpu.Continue(arguments with { First = list + (done * OperationSize), Second = (count - done) | MmuUpdate.Preempted })
            : result;
    }

    private static int One(Vcpu vcpu, in MmuextOp operation)
    {
        var types = vcpu.Domain.Mmu.Types;
        var argument = operation.Argument1;
        switch ((MmuextCommand)operation.Command)
        {
            case PinL1Table:
                return Pin(types, argument, FrameType.L1);
            case PinL2Table:
                return Pin(types, argument, FrameType.L2);
            case PinL3Table:
                return Pin(types, argument, FrameType.L3);
            case PinL4Table:
                return Pin(types, argument, FrameType.L4);
            case UnpinTable:
                if (!types.TryUnpin(argument))
                {
                    return -XenErrno.EINVAL;
                }

                types.PutTable(argument);
                return 0;
            case NewBasePointer:
                return vcpu.NewKernelRoot(argument);
            case NewUserBasePointer:
                return vcpu.NewUserRoot(argument);
            case TlbFlushLocal:
                vcpu.Engine.FlushTlb(null);
                return 0;
            case InvlpgLocal:
                vcpu.Engine.FlushTlb(argument);
                return 0;
            case TlbFlushMulti:
                return FlushMulti(vcpu, operation.Argument2, null);
            case InvlpgMulti:
                return FlushMulti(vcpu, operation.Argument2, argument);
            case TlbFlushAll:
                vcpu.Domain.Engine.FlushTlb(VcpuMask.All, null);
                return 0;
            case InvlpgAll:
                if (AddressSpace.IsGuestAddress(argument))
                {
                    vcpu.Domain.Engine.FlushTlb(VcpuMask.All, argument);
                }

                return 0;
            case FlushCache or FlushCacheGlobal:
                // Only domains with devices may.
                return -XenErrno.EACCES;
            case SetLdt:
                return vcpu.Descriptors.SetLdt(argument, (uint)operation.Argument2);
            case ClearPage:
                return WholePage.Clear(vcpu.Domain.Mmu, argument);
            case CopyPage:
                return WholePage.Copy(vcpu.Domain.Mmu, argument, operation.Argument2);
            case MarkSuper or UnmarkSuper:
                return -XenErrno.EOPNOTSUPP;
            default:
                return -XenErrno.ENOSYS;
        }
    }

    private static int Pin(PageTypes types, ulong mfn, FrameType type)
    {
        var error = types.GetTable(mfn, type);
        if (error != 0)
        {
            return error;
        }

        if (types.TryPin(mfn))
        {
            return 0;
        }

        types.PutTable(mfn);
        return -XenErrno.EINVAL;
    }

    private static int FlushMulti(Vcpu vcpu, ulong bitmap, ulong? address)
    {
        if (!VcpuMask.TryRead(vcpu, bitmap, out var mask))
        {
            return -XenErrno.EINVAL;
        }

        if (address is not { } page || AddressSpace.IsGuestAddress(page))
        {
            vcpu.Domain.Engine.FlushTlb(mask, address);
        }

        return 0;
    }
}
