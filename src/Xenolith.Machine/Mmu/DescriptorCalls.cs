using System.Runtime.InteropServices;
using Xenolith.Abi;
using Xenolith.Machine.Hypercalls;
using Xenolith.Machine.Memory;

namespace Xenolith.Machine.Mmu;

/// <summary>set_gdt and update_descriptor. On the calling vCPU's thread.</summary>
internal static class DescriptorCalls
{
    /// <summary>set_gdt: list of frames, number of entries.</summary>
    public static long SetGdt(Vcpu vcpu, in HypercallArguments arguments)
    {
        var entries = (uint)arguments.Second;
        if (entries > SegmentSelector.FirstReservedEntry)
        {
            return -XenErrno.EINVAL;
        }

        Span<ulong> frames = stackalloc ulong[DescriptorTables.GdtFrames];
        var wanted = frames[..(((int)entries + 511) / 512)];
        if (!wanted.IsEmpty && (!AddressSpace.IsGuestAddress(arguments.First) || !vcpu.TryReadGuest(arguments.First, MemoryMarshal.AsBytes(wanted))))
        {
            return -XenErrno.EFAULT;
        }

        return vcpu.Descriptors.SetGdt(frames, (int)entries);
    }

    /// <summary>update_descriptor: machine address of an 8-byte descriptor, its new value.</summary>
    public static long Update(Vcpu vcpu, in HypercallArguments arguments)
    {
        var (address, descriptor) = (arguments.First, arguments.Second);
        if ((address & 7) != 0 || !DescriptorRules.TryFix(descriptor, out var stored))
        {
            return -XenErrno.EINVAL;
        }

        var (mmu, mfn) = (vcpu.Domain.Mmu, address >> 12);
        var types = mmu.Types;
        var held = types.TryHoldTable(mfn);
        if (held == FrameType.None ? !types.TryReferenceWritable(mfn) : held != FrameType.SegmentDescriptors)
        {
            if (held != FrameType.None)
            {
                types.PutTable(mfn);
            }

            return -XenErrno.EINVAL;
        }

        mmu.Memory.Frames.Write(mfn, (int)(address & 0xfff), MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in stored)));
        vcpu.Domain.NoteDescriptorChange();
        if (held == FrameType.None)
        {
            types.PutWritable(mfn);
        }
        else
        {
            types.PutTable(mfn);
        }

        return 0;
    }
}
