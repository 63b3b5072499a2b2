using Xenolith.Abi;
using Xenolith.Engine;

namespace Xenolith.Machine.Mmu;

/// <summary>MMUEXT_CLEAR_PAGE and MMUEXT_COPY_PAGE: whole frames by number, which must not be tables.</summary>
internal static class WholePage
{
    private static readonly byte[] Zeros = new byte[MachineFrames.PageSize];

    /// <summary>Zeroes a frame. 0 or -EINVAL.</summary>
    public static int Clear(DomainMmu mmu, ulong mfn) => Write(mmu, mfn, Zeros);

    /// <summary>Copies a frame. 0 or -EINVAL.</summary>
    public static int Copy(DomainMmu mmu, ulong mfn, ulong sourceMfn)
    {
        if (!mmu.Types.TryReference(sourceMfn))
        {
            return -XenErrno.EINVAL;
        }

        var error = Write(mmu, mfn, mmu.Memory.Frames.Read(sourceMfn));
        mmu.Types.PutReference(sourceMfn);
        return error;
    }

    private static int Write(DomainMmu mmu, ulong mfn, ReadOnlySpan<byte> contents)
    {
        if (!mmu.Types.TryReferenceWritable(mfn))
        {
            return -XenErrno.EINVAL;
        }

        mmu.Memory.Frames.Write(mfn, 0, contents);
        mmu.Types.PutWritable(mfn);
        return 0;
    }
}
