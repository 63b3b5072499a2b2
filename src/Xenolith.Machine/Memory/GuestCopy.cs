using System.Runtime.InteropServices;
using Xenolith.Abi;
using Xenolith.Engine;

namespace Xenolith.Machine.Memory;

/// <summary>
/// Reads and writes guest virtual memory on a hypercall's behalf, through the page tables of a vCPU, with the guest's own rights. Every
/// method returns false where Xen returns -EFAULT; what lies before the first bad byte may then have been copied. The guest may change
/// memory meanwhile: copy once, then check.
/// <para>Thread ownership: any thread.</para>
/// </summary>
public sealed class GuestCopy(MachineFrames frames, PageWalk walk)
{
    /// <summary>Reads bytes.</summary>
    /// <param name="rootMfn">The L4 table to walk; for a hypercall the kernel's.</param>
    /// <param name="address">Guest virtual address; Xen's own part is refused.</param>
    /// <param name="destination">Where to.</param>
    public bool Read(ulong rootMfn, ulong address, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            if (!AddressSpace.IsGuestAddress(address))
            {
                return false;
            }

            var found = walk.Walk(rootMfn, address, WalkAccess.Read);
            if (!found.Ok)
            {
                return false;
            }

            var offset = (int)address & (MachineFrames.PageSize - 1);
            var length = Math.Min(destination.Length, MachineFrames.PageSize - offset);
            frames.Read(found.Mfn).Slice(offset, length).CopyTo(destination);
            destination = destination[length..];
            address += (ulong)length;
        }

        return true;
    }

    /// <summary>Writes bytes.</summary>
    /// <param name="rootMfn">The L4 table to walk.</param>
    /// <param name="address">Guest virtual address; Xen's own part is refused.</param>
    /// <param name="source">Where from.</param>
    public bool Write(ulong rootMfn, ulong address, ReadOnlySpan<byte> source)
    {
        while (!source.IsEmpty)
        {
            if (!AddressSpace.IsGuestAddress(address))
            {
                return false;
            }

            var found = walk.Walk(rootMfn, address, WalkAccess.Write);
            if (!found.Ok || (frames.FlagsOf(found.Mfn) & (FrameFlags.PageTable | FrameFlags.ReadOnly)) != 0)
            {
                return false;
            }

            var offset = (int)address & (MachineFrames.PageSize - 1);
            var length = Math.Min(source.Length, MachineFrames.PageSize - offset);
            frames.Write(found.Mfn, offset, source[..length]);
            source = source[length..];
            address += (ulong)length;
        }

        return true;
    }

    /// <summary>Reads a structure.</summary>
    public bool TryRead<T>(ulong rootMfn, ulong address, out T value)
        where T : unmanaged
    {
        value = default;
        return Read(rootMfn, address, MemoryMarshal.AsBytes(new Span<T>(ref value)));
    }

    /// <summary>Writes a structure.</summary>
    public bool TryWrite<T>(ulong rootMfn, ulong address, in T value)
        where T : unmanaged =>
        Write(rootMfn, address, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));
}
