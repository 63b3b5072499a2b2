using Xenolith.Abi;

namespace Xenolith.Machine.Mmu;

/// <summary>XENMEM_machphys_mapping and _machphys_mfn_list: where the machine-to-physical table is, and of which frames it is made.</summary>
internal static class MachPhysCalls
{
    private const ulong EntriesPerExtent = 512 * 512;

    /// <summary>The table's place in every address space. Reading an entry in one of its holes, above the RAM, faults.</summary>
    public static long Mapping(Vcpu vcpu, ulong address)
    {
        var mapping = new MachPhysMapping
        {
            Start = AddressSpace.MachineToPhysStart,
            End = AddressSpace.MachineToPhysEnd,
            MaximumMfn = ((AddressSpace.MachineToPhysEnd - AddressSpace.MachineToPhysStart) / sizeof(ulong)) - 1,
        };
        return AddressSpace.IsGuestAddress(address) && vcpu.TryWriteGuest(address, in mapping) ? 0 : -XenErrno.EFAULT;
    }

    /// <summary>One frame number for each 2 MiB of the table; a hole repeats the one before.</summary>
    public static long MfnList(Vcpu vcpu, ulong address)
    {
        if (!vcpu.TryReadArgument(address, out MachPhysMfnList list))
        {
            return -XenErrno.EFAULT;
        }

        var table = vcpu.Domain.Memory.MachineToPhys;
        var extents = (uint)Math.Min(list.MaximumExtents, (table.Limit + EntriesPerExtent - 1) / EntriesPerExtent);
        ulong last = 0;
        for (uint extent = 0; extent < extents; extent++)
        {
            var mfn = table.ExtentMfn(extent);
            last = mfn == 0 ? last : mfn;
            var slot = list.ExtentStart + (extent * sizeof(ulong));
            if (!AddressSpace.IsGuestAddress(slot) || !vcpu.TryWriteGuest(slot, last))
            {
                return -XenErrno.EFAULT;
            }
        }

        list.ExtentCount = extents;
        return vcpu.TryWriteGuest(address, in list) ? 0 : -XenErrno.EFAULT;
    }
}
