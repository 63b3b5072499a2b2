using Xenolith.Abi;
using Xenolith.Machine.Hypercalls;

namespace Xenolith.Machine.Mmu;

/// <summary>
/// XENMEM_increase_reservation, _decrease_reservation and _populate_physmap: what a balloon does. They return how many extents they did,
/// whatever stopped them.
/// </summary>
internal static class Reservations
{
    private const ulong MaximumExtents = uint.MaxValue >> MemoryOp.ExtentShift;

    /// <summary>Does the extents from <paramref name="start"/> on.</summary>
    public static long Adjust(Vcpu vcpu, in HypercallArguments arguments, int command, ulong start)
    {
        var memory = vcpu.Domain.Memory;
        var before = memory.TotalPages;
        var result = Work(vcpu, in arguments, command, start);
        if (memory.TotalPages != before)
        {
            memory.Resized?.Invoke();
        }

        return result;
    }

    private static long Work(Vcpu vcpu, in HypercallArguments arguments, int command, ulong start)
    {
        if (!vcpu.TryReadArgument(arguments.Second, out MemoryReservation reservation)
            || reservation.ExtentCount > MaximumExtents || start >= reservation.ExtentCount
            || MemoryOpCall.Refusal(vcpu, reservation.DomainId) != 0
            || !FlagsAreGood(reservation.MemoryFlags)
            || reservation.ExtentOrder > MemoryOp.MaximumOrder
            || (reservation.MemoryFlags & MemoryOp.PopulateOnDemand) != 0 && command == MemoryOp.PopulatePhysmap
            || !AddressSpace.IsGuestAddress(reservation.ExtentStart))
        {
            return (long)start;
        }

        for (var extent = start; extent < reservation.ExtentCount; extent++)
        {
            if (extent != start && vcpu.ShouldYield)
            {
                return vcpu.Continue(arguments with { First = (uint)command | (extent << MemoryOp.ExtentShift) });
            }

            var slot = reservation.ExtentStart + (extent * sizeof(ulong));
            var order = (int)reservation.ExtentOrder;
            var done = command switch
            {
                MemoryOp.DecreaseReservation => vcpu.TryReadArgument(slot, out ulong mfn) && TryRemove(vcpu.Domain.Mmu, mfn, order),
                MemoryOp.PopulatePhysmap => vcpu.TryReadArgument(slot, out ulong pfn) && TryPopulate(vcpu, slot, pfn, order),
                _ => TryIncrease(vcpu, reservation.ExtentStart == 0 ? 0 : slot, order),
            };
            if (!done)
            {
                return (long)extent;
            }
        }

        return (long)reservation.ExtentCount;
    }

    /// <summary>Drops the domain's ownership of an extent; mapped frames stay until their last mapping goes.</summary>
    private static bool TryRemove(DomainMmu mmu, ulong mfn, int order)
    {
        for (ulong i = 0; i < 1UL << order; i++)
        {
            // A frame that is no longer owned but still mapped counts as removed, as on Xen.
            if (!mmu.Types.TryReference(mfn + i))
            {
                return false;
            }

            mmu.Types.TryDisown(mfn + i);
            mmu.Types.PutReference(mfn + i);
        }

        return true;
    }

    private static bool TryPopulate(Vcpu vcpu, ulong slot, ulong pfn, int order)
    {
        var memory = vcpu.Domain.Memory;
        if (!memory.TryAllocate(1UL << order, 1UL << order, out var mfn))
        {
            return false;
        }

        for (ulong i = 0; i < 1UL << order; i++)
        {
            memory.MachineToPhys.Set(mfn + i, pfn + i);
        }

        return vcpu.TryWriteGuest(slot, mfn);
    }

    private static bool TryIncrease(Vcpu vcpu, ulong slot, int order) =>
        vcpu.Domain.Memory.TryAllocate(1UL << order, 1UL << order, out var mfn) && (slot == 0 || vcpu.TryWriteGuest(slot, mfn));

    /// <summary>Memory below some address is not to be had apart from all of it; an exact node is for privileged domains.</summary>
    private static bool FlagsAreGood(uint flags) =>
        (flags & MemoryOp.AddressBitsMask) is 0 or > 12 && (flags & MemoryOp.ExactNode) == 0;
}
