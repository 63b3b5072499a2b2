using System.Runtime.InteropServices;
using Xenolith.Abi;
using Xenolith.Engine;
using Xenolith.Machine.Hypercalls;
using Xenolith.Machine.Memory;

namespace Xenolith.Machine.Mmu;

/// <summary>
/// mmu_update: a list of changes to page-table entries and to the machine-to-physical table. Requests are read a page's worth at a time;
/// the table of the last request stays held, since lists mostly stay in one. On the calling vCPU's thread.
/// </summary>
internal static class MmuUpdateCall
{
    private const int RequestSize = 16, BatchSize = 64;

    /// <summary>The hypercall: list, count, where to add the number done (or null), owners (tables in the upper half, frames in the lower).</summary>
    public static long Handle(Vcpu vcpu, in HypercallArguments arguments)
    {
        var (list, owners) = (arguments.First, (uint)arguments.Fourth);
        var progress = MmuProgress.Of(vcpu, (uint)arguments.Second, arguments.Third);
        var count = progress.Count;
        if (!AddressSpace.IsGuestAddress(list))
        {
            return -XenErrno.EFAULT;
        }

        var tables = owners >> 16 == 0 ? ForeignDomain.Self : ForeignDomains.OfAny(vcpu, (ushort)((owners >> 16) - 1));
        var frames = ForeignDomains.OfFrames(vcpu, (ushort)owners);
        if (tables == ForeignDomain.Unknown || frames == ForeignDomain.Unknown)
        {
            return -XenErrno.ESRCH;
        }

        var batch = new Batch(vcpu, tables, frames);
        var result = batch.Run(list, count, out var done);
        vcpu.EntriesUpdated += done;
        progress.Tell(vcpu, done);

        return result == MmuResult.Yield
            ? vcpu.Continue(arguments with { First = list + (done * RequestSize), Second = (count - done) | MmuUpdate.Preempted })
            : result;
    }

    private ref struct Batch(Vcpu vcpu, ForeignDomain tables, ForeignDomain frames)
    {
        private readonly DomainMmu _mmu = vcpu.Domain.Mmu;
        private ulong _tableMfn;
        private FrameType _level = FrameType.None;

        public int Run(ulong list, uint count, out uint done)
        {
            Span<MmuUpdate> requests = stackalloc MmuUpdate[BatchSize];
            done = 0;
            var result = 0;
            while (done < count && result == 0)
            {
                if (done != 0 && vcpu.ShouldYield)
                {
                    result = MmuResult.Yield;
                    break;
                }

                var address = list + ((ulong)done * RequestSize);
                var inPage = (MachineFrames.PageSize - (int)(address & (MachineFrames.PageSize - 1))) / RequestSize;
                var some = requests[..(int)Math.Min(count - done, (uint)Math.Clamp(inPage, 1, BatchSize))];
                if (!AddressSpace.IsGuestAddress(address) || !vcpu.TryReadGuest(address, MemoryMarshal.AsBytes(some)))
                {
                    result = -XenErrno.EFAULT;
                    break;
                }

                foreach (ref var request in some)
                {
                    result = One(in request);
                    if (result != 0)
                    {
                        break;
                    }

                    done++;
                }
            }

            LetGo();
            return result;
        }

        private int One(in MmuUpdate request)
        {
            var command = (int)request.Pointer & 7;
            switch (command)
            {
                case MmuUpdate.NormalPtUpdate:
                case MmuUpdate.PtUpdatePreserveAd:
                case MmuUpdate.PtUpdateNoTranslate:
                    return tables == ForeignDomain.Refused || frames == ForeignDomain.Refused
                        ? -XenErrno.EPERM
                        : Entry(request.Pointer & ~7UL, request.Value, command == MmuUpdate.PtUpdatePreserveAd);
                case MmuUpdate.MachPhysUpdate:
                    return tables != ForeignDomain.Self || frames == ForeignDomain.Refused ? -XenErrno.EPERM : MachPhys(request.Pointer >> 12, request.Value);
                default:
                    return -XenErrno.ENOSYS;
            }
        }

        private int Entry(ulong pointer, ulong value, bool preserve)
        {
            var mfn = pointer >> 12;
            if (mfn != _tableMfn || _level == FrameType.None)
            {
                LetGo();
                _level = _mmu.Types.TryHoldTable(mfn);
                _tableMfn = mfn;
            }

            var index = (int)(pointer >> 3) & (PageTableEntry.EntriesPerTable - 1);
            switch (_level)
            {
                case FrameType.None:
                    return PlainStore(mfn, index, value);
                case FrameType.SegmentDescriptors:
                    return -XenErrno.EINVAL;
                case FrameType.L1 when frames == ForeignDomain.Io && (value & PageTableEntry.Present) != 0:
                    // No device memory is the domain's, and its own frames are not DOMID_IO's.
                    return _mmu.Types.RefuseForeign(value);
                case not FrameType.L1 when frames != ForeignDomain.Self:
                    return -XenErrno.EINVAL;
                default:
                    return _mmu.Types.Update(mfn, (int)_level, index, value, preserve);
            }
        }

        /// <summary>A frame that is no table is written as memory, if it may be.</summary>
        private readonly int PlainStore(ulong mfn, int index, ulong value)
        {
            if (!_mmu.Types.TryReferenceWritable(mfn))
            {
                return -XenErrno.EINVAL;
            }

            _mmu.Memory.Frames.Write(mfn, index * sizeof(ulong), MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in value)));
            _mmu.Types.PutWritable(mfn);
            return 0;
        }

        private readonly int MachPhys(ulong mfn, ulong pfn)
        {
            if (frames != ForeignDomain.Self || !_mmu.Types.TryReference(mfn))
            {
                return -XenErrno.EINVAL;
            }

            _mmu.Memory.MachineToPhys.Set(mfn, pfn);
            _mmu.Types.PutReference(mfn);
            return 0;
        }

        private void LetGo()
        {
            if (_level != FrameType.None)
            {
                _mmu.Types.PutTable(_tableMfn);
                _level = FrameType.None;
            }
        }
    }
}
