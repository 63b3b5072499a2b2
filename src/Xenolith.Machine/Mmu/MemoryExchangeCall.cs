using Xenolith.Abi;
using Xenolith.Machine.Hypercalls;
using Xenolith.Machine.Memory;

namespace Xenolith.Machine.Mmu;

/// <summary>XENMEM_exchange: gives frames away for others, by which a guest gets contiguous or aligned memory.</summary>
internal static class MemoryExchangeCall
{
    private const int MaximumChunk = 1 << MemoryOp.MaximumOrder;

    /// <summary>The call: address of a <see cref="MemoryExchange"/>.</summary>
    public static long Handle(Vcpu vcpu, in HypercallArguments arguments)
    {
        var address = arguments.Second;
        if (!vcpu.TryReadArgument(address, out MemoryExchange exchange))
        {
            return -XenErrno.EFAULT;
        }

        var error = Check(vcpu, in exchange);
        if (error != 0 || exchange.Exchanged == exchange.In.ExtentCount)
        {
            return error;
        }

        var (inOrder, outOrder) = ((int)exchange.In.ExtentOrder, (int)exchange.Out.ExtentOrder);
        var chunkOrder = Math.Max(inOrder, outOrder);
        var extentsPerChunk = 1UL << (chunkOrder - inOrder);
        while (exchange.Exchanged < exchange.In.ExtentCount && error == 0)
        {
            error = Chunk(vcpu, in exchange, exchange.Exchanged >> (chunkOrder - inOrder), chunkOrder);
            exchange.Exchanged += error == 0 ? extentsPerChunk : 0;
            if (error == 0 && exchange.Exchanged < exchange.In.ExtentCount && vcpu.ShouldYield)
            {
                error = MmuResult.Yield;
            }
        }

        if (!vcpu.TryWriteGuest(address, in exchange))
        {
            return -XenErrno.EFAULT;
        }

        return error == MmuResult.Yield ? vcpu.Continue(in arguments) : error;
    }

    private static long Check(Vcpu vcpu, in MemoryExchange exchange)
    {
        var (taken, given) = (exchange.In, exchange.Out);
        if (Math.Max(taken.ExtentOrder, given.ExtentOrder) > MemoryOp.MaximumOrder)
        {
            return -XenErrno.EPERM;
        }

        var (inOrder, outOrder) = ((int)taken.ExtentOrder, (int)given.ExtentOrder);
        var chunkMask = (1UL << Math.Max(outOrder - inOrder, 0)) - 1;
        if (exchange.Exchanged > taken.ExtentCount || taken.DomainId != given.DomainId
            || ulong.MaxValue >> inOrder < taken.ExtentCount || ulong.MaxValue >> outOrder < given.ExtentCount
            || taken.ExtentCount << inOrder != given.ExtentCount << outOrder
            || (exchange.Exchanged & chunkMask) != 0 || (given.MemoryFlags & MemoryOp.ExactNode) != 0)
        {
            return -XenErrno.EINVAL;
        }

        return !AddressSpace.IsGuestAddress(taken.ExtentStart) || !AddressSpace.IsGuestAddress(given.ExtentStart)
            ? -XenErrno.EFAULT
            : MemoryOpCall.Refusal(vcpu, taken.DomainId);
    }

    /// <summary>Exchanges one chunk: 2^order frames, which are one extent on one side and one or more on the other.</summary>
    private static long Chunk(Vcpu vcpu, in MemoryExchange exchange, ulong chunk, int order)
    {
        var mmu = vcpu.Domain.Mmu;
        Span<ulong> old = stackalloc ulong[MaximumChunk];
        Span<ulong> fresh = stackalloc ulong[MaximumChunk];
        var count = 1 << order;
        var (stolen, taken) = (0, 0);
        var error = Steal(vcpu, in exchange, chunk, order, old, ref stolen);
        var outOrder = (int)exchange.Out.ExtentOrder;
        var outExtents = count >> outOrder;
        while (error == 0 && taken < outExtents)
        {
            if (mmu.Memory.TryReplace(1UL << outOrder, out fresh[taken]))
            {
                taken++;
            }
            else
            {
                error = -XenErrno.ENOMEM;
            }
        }

        if (error != 0)
        {
            Undo(mmu, old[..stolen], fresh[..taken], 1UL << outOrder);
            return error;
        }

        foreach (var mfn in old[..count])
        {
            mmu.Memory.Release(mfn);
        }

        mmu.Memory.NoteReplaced((ulong)count);
        for (var i = 0; i < outExtents; i++)
        {
            var slot = exchange.Out.ExtentStart + (((chunk * (ulong)outExtents) + (ulong)i) * sizeof(ulong));
            if (!vcpu.TryReadArgument(slot, out ulong pfn) || !vcpu.TryWriteGuest(slot, fresh[i]))
            {
                error = -XenErrno.EFAULT;
                continue;
            }

            for (ulong j = 0; j < 1UL << outOrder; j++)
            {
                mmu.Memory.MachineToPhys.Set(fresh[i] + j, pfn + j);
            }
        }

        return error;
    }

    private static long Steal(Vcpu vcpu, in MemoryExchange exchange, ulong chunk, int order, Span<ulong> old, ref int stolen)
    {
        var inOrder = (int)exchange.In.ExtentOrder;
        var inExtents = 1UL << (order - inOrder);
        for (ulong i = 0; i < inExtents; i++)
        {
            if (!vcpu.TryReadArgument(exchange.In.ExtentStart + (((chunk * inExtents) + i) * sizeof(ulong)), out ulong mfn))
            {
                return -XenErrno.EFAULT;
            }

            for (ulong j = 0; j < 1UL << inOrder; j++)
            {
                if (!vcpu.Domain.Mmu.Types.TrySteal(mfn + j))
                {
                    return -XenErrno.EINVAL;
                }

                old[stolen++] = mfn + j;
            }
        }

        return 0;
    }

    private static void Undo(DomainMmu mmu, ReadOnlySpan<ulong> stolen, ReadOnlySpan<ulong> fresh, ulong extent)
    {
        foreach (var mfn in stolen)
        {
            mmu.Types.GiveBack(mfn);
        }

        foreach (var mfn in fresh)
        {
            for (ulong j = 0; j < extent; j++)
            {
                mmu.Types.TryDisown(mfn + j);
            }

            mmu.Memory.NoteReplaced(extent);
        }
    }
}
