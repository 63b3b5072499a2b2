using Xenolith.Abi;

namespace Xenolith.Machine.Mmu;

/// <summary>Reads the bitmap of vCPUs that a flush names.</summary>
internal static class VcpuMask
{
    /// <summary>Every vCPU.</summary>
    public const ulong All = ulong.MaxValue;

    /// <summary>The bitmap at a guest address, without vCPUs that the domain has not; false if it cannot be read.</summary>
    public static bool TryRead(Vcpu vcpu, ulong address, out ulong mask)
    {
        mask = 0;
        if (!AddressSpace.IsGuestAddress(address) || !vcpu.TryReadGuest(address, out mask))
        {
            return false;
        }

        var count = vcpu.Domain.Vcpus.Count;
        mask &= count >= 64 ? All : (1UL << count) - 1;
        return true;
    }
}
