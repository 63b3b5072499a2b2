using Xenolith.Abi;
using Xenolith.Machine.Hypercalls;

namespace Xenolith.Machine.Mmu;

/// <summary>
/// memory_op: the reservation, and what a domain may ask about memory. What belongs to translated or privileged domains is refused as Xen
/// refuses it. On the calling vCPU's thread.
/// </summary>
internal static class MemoryOpCall
{
    /// <summary>The hypercall: command and where to go on, address of the argument.</summary>
    public static long Handle(Vcpu vcpu, in HypercallArguments arguments)
    {
        var command = (int)(arguments.First & MemoryOp.CommandMask);
        var start = arguments.First >> MemoryOp.ExtentShift;
        var address = arguments.Second;
        switch (command)
        {
            case MemoryOp.IncreaseReservation or MemoryOp.DecreaseReservation or MemoryOp.PopulatePhysmap:
                return Reservations.Adjust(vcpu, in arguments, command, start);
            case MemoryOp.AddToPhysmap or MemoryOp.AddToPhysmapBatch:
                return Translated(vcpu, address, checkStart: start > ushort.MaxValue ? -XenErrno.EDOM : 0);
            case MemoryOp.MachineMemoryMap:
                return -XenErrno.EPERM;
            case MemoryOp.MemoryMap:
                return MemoryMaps.Get(vcpu, address);
            case MemoryOp.SetMemoryMap:
                return MemoryMaps.Set(vcpu, address);
            case MemoryOp.MachPhysMapping:
                return MachPhysCalls.Mapping(vcpu, address);
            case MemoryOp.MachPhysMfnList:
                return MachPhysCalls.MfnList(vcpu, address);
            case MemoryOp.MachPhysCompatMfnList or MemoryOp.GetVnumaInfo:
                return -XenErrno.EOPNOTSUPP;
            case MemoryOp.AcquireResource:
                return -XenErrno.EACCES;
            case MemoryOp.MaximumRamPage or MemoryOp.CurrentReservation or MemoryOp.MaximumReservation or MemoryOp.MaximumGpfn
                or MemoryOp.Exchange or MemoryOp.RemoveFromPhysmap or MemoryOp.ClaimPages when start != 0:
                return -XenErrno.EINVAL;
            case MemoryOp.MaximumRamPage:
                return (long)vcpu.Domain.Memory.ForeignMfn;
            case MemoryOp.CurrentReservation or MemoryOp.MaximumReservation or MemoryOp.MaximumGpfn:
                return Figure(vcpu, command, address);
            case MemoryOp.Exchange:
                return MemoryExchangeCall.Handle(vcpu, in arguments);
            case MemoryOp.RemoveFromPhysmap:
                return Translated(vcpu, address, checkStart: 0);
            case MemoryOp.ClaimPages:
                return -XenErrno.EPERM;
            default:
                return -XenErrno.ENOSYS;
        }
    }

    private static long Figure(Vcpu vcpu, int command, ulong address)
    {
        if (!vcpu.TryReadArgument(address, out ushort id))
        {
            return -XenErrno.EFAULT;
        }

        var memory = vcpu.Domain.Memory;
        return Refusal(vcpu, id) is var error and not 0 ? error : command switch
        {
            MemoryOp.CurrentReservation => (long)memory.TotalPages,
            MemoryOp.MaximumReservation => (long)memory.MaximumPages,
            _ => (long)Math.Max(SharedWord.Load64(vcpu.Domain.SharedInfo + SharedInfoLayout.ArchMaxPfn), 1) - 1,
        };
    }

    /// <summary>A PV domain's memory is not translated: -EACCES once the domain id proves to be right.</summary>
    private static long Translated(Vcpu vcpu, ulong address, long checkStart)
    {
        if (checkStart != 0)
        {
            return checkStart;
        }

        return !vcpu.TryReadArgument(address, out ushort id) ? -XenErrno.EFAULT
            : Refusal(vcpu, id) is var error and not 0 ? error : -XenErrno.EACCES;
    }

    /// <summary>0 if an id names the caller; else the error.</summary>
    internal static long Refusal(Vcpu vcpu, ushort id) => ForeignDomains.OfAny(vcpu, id) switch
    {
        ForeignDomain.Self => 0,
        ForeignDomain.Unknown => -XenErrno.ESRCH,
        _ => -XenErrno.EPERM,
    };
}
