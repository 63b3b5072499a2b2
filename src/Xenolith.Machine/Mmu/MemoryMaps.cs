using System.Runtime.InteropServices;
using Xenolith.Abi;

namespace Xenolith.Machine.Mmu;

/// <summary>XENMEM_memory_map and _set_memory_map: the domain's own E820 map.</summary>
internal static class MemoryMaps
{
    /// <summary>Copies the map to the guest, as much as it has room for. -ENOSYS if the domain has none.</summary>
    public static long Get(Vcpu vcpu, ulong address)
    {
        if (!vcpu.TryReadArgument(address, out MemoryMap map))
        {
            return -XenErrno.EFAULT;
        }

        var entries = vcpu.Domain.Memory.Map;
        if (entries.Length == 0)
        {
            return -XenErrno.ENOSYS;
        }

        map.EntryCount = Math.Min(map.EntryCount, (uint)entries.Length);
        var bytes = MemoryMarshal.AsBytes(entries.AsSpan(0, (int)map.EntryCount));
        return AddressSpace.IsGuestAddress(map.Buffer) && vcpu.TryWriteGuest(map.Buffer, bytes) && vcpu.TryWriteGuest(address, in map)
            ? 0
            : -XenErrno.EFAULT;
    }

    /// <summary>Replaces the map by the guest's.</summary>
    public static long Set(Vcpu vcpu, ulong address)
    {
        if (!vcpu.TryReadArgument(address, out ForeignMemoryMap request))
        {
            return -XenErrno.EFAULT;
        }

        if (request.Map.EntryCount > MemoryOp.MaximumMapEntries)
        {
            return -XenErrno.EINVAL;
        }

        var refusal = MemoryOpCall.Refusal(vcpu, request.DomainId);
        if (refusal != 0)
        {
            return refusal;
        }

        var entries = new MemoryMapEntry[request.Map.EntryCount];
        if (entries.Length != 0
            && (!AddressSpace.IsGuestAddress(request.Map.Buffer) || !vcpu.TryReadGuest(request.Map.Buffer, MemoryMarshal.AsBytes(entries.AsSpan()))))
        {
            return -XenErrno.EFAULT;
        }

        vcpu.Domain.Memory.Map = entries;
        return 0;
    }
}
