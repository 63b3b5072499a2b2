using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Xenolith.Engine;

namespace Xenolith.Machine;

/// <summary>
/// Reading and writing the guest's memory by its linear addresses, in the address space in force (a hypercall's: the kernel's). On the vCPU's thread.
/// The guest may change the memory meanwhile: copy once, then check the copy.
/// </summary>
public sealed unsafe partial class Vcpu
{
    /// <summary>Linear address of the last failed access of these members.</summary>
    public ulong FaultAddress { get; private set; }

    /// <summary>#PF error code of the last failed access.</summary>
    public uint FaultErrorCode { get; private set; }

    /// <summary>True for an address that a 48-bit CPU accepts.</summary>
    public static bool IsCanonical(ulong address) => (ulong)((long)(address << 16) >> 16) == address;

    /// <summary>Copies from the guest. False (and <see cref="FaultAddress"/>) if a page cannot be read; then a part may have been copied.</summary>
    public bool TryReadGuest(ulong address, Span<byte> into)
    {
        while (!into.IsEmpty)
        {
            if (!TryTranslate(address, WalkAccess.Read, out var host, out _))
            {
                return false;
            }

            var length = Math.Min(into.Length, MachineFrames.PageSize - (int)(address & 0xfff));
            // SAFETY: the walk returned a live page and the length ends at its end.
            new ReadOnlySpan<byte>((void*)host, length).CopyTo(into);
            into = into[length..];
            address += (ulong)length;
        }

        return true;
    }

    /// <summary>Copies to the guest. False (and <see cref="FaultAddress"/>) if a page cannot be written; then a part may have been copied.</summary>
    public bool TryWriteGuest(ulong address, ReadOnlySpan<byte> from)
    {
        while (!from.IsEmpty)
        {
            if (!TryTranslate(address, WalkAccess.Write, out var host, out var mfn))
            {
                return false;
            }

            var offset = (int)(address & 0xfff);
            var length = Math.Min(from.Length, MachineFrames.PageSize - offset);
            // SAFETY: as in TryReadGuest.
            from[..length].CopyTo(new Span<byte>((void*)host, length));
            Domain.Frames.NoteWrite(mfn, offset, length);
            from = from[length..];
            address += (ulong)length;
        }

        return true;
    }

    /// <summary>Reads one value; see <see cref="TryReadGuest(ulong, Span{byte})"/>.</summary>
    public bool TryReadGuest<T>(ulong address, out T value)
        where T : unmanaged
    {
        Unsafe.SkipInit(out value);
        return TryReadGuest(address, MemoryMarshal.AsBytes(new Span<T>(ref value)));
    }

    /// <summary>Writes one value; see <see cref="TryWriteGuest(ulong, ReadOnlySpan{byte})"/>.</summary>
    public bool TryWriteGuest<T>(ulong address, in T value)
        where T : unmanaged
        => TryWriteGuest(address, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));

    /// <summary>Host address and frame behind a linear address; false with the fault recorded. Page tables and hypervisor pages are never writable.</summary>
    public bool TryTranslate(ulong address, WalkAccess access, out nint host, out ulong mfn)
    {
        if ((access & WalkAccess.Fetch) == 0 && Engine.TryTranslateCached(address, (access & WalkAccess.Write) != 0, out host, out mfn))
        {
            return true;
        }

        if (IsCanonical(address))
        {
            var result = Domain.Walk.Walk(CurrentRootMfn, address, access);
            if (result.Ok && ((access & WalkAccess.Write) == 0 || (Domain.Frames.FlagsOf(result.Mfn) & (FrameFlags.PageTable | FrameFlags.ReadOnly)) == 0))
            {
                host = result.Page + (nint)(address & 0xfff);
                mfn = result.Mfn;
                return true;
            }

            FaultErrorCode = result.Ok ? (uint)access | 1 : result.ErrorCode;
        }

        FaultAddress = address;
        host = 0;
        mfn = 0;
        return false;
    }
}
