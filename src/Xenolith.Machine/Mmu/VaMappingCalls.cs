using Xenolith.Abi;
using Xenolith.Machine.Hypercalls;
using Xenolith.Machine.Memory;

namespace Xenolith.Machine.Mmu;

/// <summary>update_va_mapping and update_va_mapping_otherdomain: the L1 entry of one address in the current tables. On the calling vCPU's thread.</summary>
internal static class VaMappingCalls
{
    /// <summary>update_va_mapping: address, entry, flags.</summary>
    public static long Update(Vcpu vcpu, in HypercallArguments arguments) =>
        Update(vcpu, arguments.First, arguments.Second, arguments.Third, ForeignDomain.Self);

    /// <summary>update_va_mapping_otherdomain: the same, and whose frame the entry names.</summary>
    public static long UpdateOtherDomain(Vcpu vcpu, in HypercallArguments arguments)
    {
        var owner = ForeignDomains.OfFrames(vcpu, (ushort)arguments.Fourth);
        return owner switch
        {
            ForeignDomain.Unknown => -XenErrno.ESRCH,
            ForeignDomain.Refused => -XenErrno.EPERM,
            _ => Update(vcpu, arguments.First, arguments.Second, arguments.Third, owner),
        };
    }

    private static long Update(Vcpu vcpu, ulong address, ulong entry, ulong flags, ForeignDomain owner)
    {
        var types = vcpu.Domain.Mmu.Types;
        if (!TableWalk.TryFindL1(types, vcpu.KernelRootMfn, address, out var tableMfn, out var index))
        {
            return -XenErrno.EINVAL;
        }

        var level = types.TryHoldTable(tableMfn);
        if (level == FrameType.None)
        {
            return -XenErrno.EINVAL;
        }

        var error = level != FrameType.L1 ? -XenErrno.EINVAL
            : owner == ForeignDomain.Io && (entry & PageTableEntry.Present) != 0 ? types.RefuseForeign(entry)
            : types.Update(tableMfn, 1, index, entry, preserveAccessed: false);
        types.PutTable(tableMfn);
        return error != 0 ? error : Flush(vcpu, address, flags);
    }

    private static long Flush(Vcpu vcpu, ulong address, ulong flags)
    {
        var what = flags & UpdateVaMappingFlags.FlushTypeMask;
        if (what is not (UpdateVaMappingFlags.TlbFlush or UpdateVaMappingFlags.Invlpg))
        {
            return 0;
        }

        ulong? page = what == UpdateVaMappingFlags.Invlpg ? address : null;
        switch (flags & ~UpdateVaMappingFlags.FlushTypeMask)
        {
            case UpdateVaMappingFlags.Local:
                vcpu.Engine.FlushTlb(page);
                return 0;
            case UpdateVaMappingFlags.All:
                vcpu.Domain.Engine.FlushTlb(VcpuMask.All, page);
                return 0;
            case var bitmap:
                if (!VcpuMask.TryRead(vcpu, bitmap, out var mask))
                {
                    return -XenErrno.EFAULT;
                }

                vcpu.Domain.Engine.FlushTlb(mask, page);
                return 0;
        }
    }
}
