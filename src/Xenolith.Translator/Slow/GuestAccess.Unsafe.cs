using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Xenolith.Engine;

namespace Xenolith.Translator.Slow;

/// <summary>
/// Guest memory as the slow instructions see it: linear addresses, page by page, with exceptions as the CPU raises them. Every method returns
/// false after it has filled the vCPU's exit fields; then nothing was written. Accesses of 1, 2, 4 or 8 bytes inside a page are single host accesses.
/// </summary>
internal static unsafe class GuestAccess
{
    private const int PageSize = MachineFrames.PageSize;

    /// <summary>The general registers in encoding order.</summary>
    public static Span<ulong> General(ref VcpuRegisters registers) => MemoryMarshal.CreateSpan(ref registers.Rax, 16);

    /// <summary>True if every byte of the range has an address that the CPU accepts; otherwise #SS or #GP is set.</summary>
    public static bool CheckCanonical(VcpuContext vcpu, ulong address, int size, bool stack)
    {
        var last = address + (ulong)size - 1;
        if ((long)(address << 16) >> 16 == (long)address && (long)(last << 16) >> 16 == (long)last)
        {
            return true;
        }

        Exceptions.Raise(vcpu, stack ? Exceptions.StackFault : Exceptions.GeneralProtection, 0);
        return false;
    }

    /// <summary>Checks that a range may be accessed, without touching it. At most two pages.</summary>
    public static bool Probe(VcpuContext vcpu, ulong address, int size, WalkAccess access, bool stack = false)
    {
        if (!CheckCanonical(vcpu, address, size, stack) || !vcpu.TryTranslate(address, access, out _, out _))
        {
            return false;
        }

        var last = address + (ulong)size - 1;
        return (address ^ last) < PageSize || vcpu.TryTranslate(last & ~(ulong)(PageSize - 1), access, out _, out _);
    }

    /// <summary>Reads a range.</summary>
    public static bool Read(VcpuContext vcpu, ulong address, Span<byte> data, bool stack = false)
    {
        if (!CheckCanonical(vcpu, address, data.Length, stack))
        {
            return false;
        }

        vcpu.NoteAccess(address, data.Length, write: false);
        var first = Math.Min(data.Length, PageSize - (int)(address & (PageSize - 1)));
        if (!vcpu.TryTranslate(address, WalkAccess.Read, out var host, out _))
        {
            return false;
        }

        // SAFETY: the translation covers the rest of its page, and `first` stays inside it.
        Load((byte*)host, data[..first]);
        while (first < data.Length)
        {
            if (!vcpu.TryTranslate(address + (ulong)first, WalkAccess.Read, out host, out _))
            {
                return false;
            }

            var next = Math.Min(data.Length - first, PageSize);
            // SAFETY: a page's start was translated; at most a page is read.
            Load((byte*)host, data.Slice(first, next));
            first += next;
        }

        return true;
    }

    /// <summary>Writes a range of at most 4096 bytes: both pages are checked before the first byte is written.</summary>
    public static bool Write(VcpuContext vcpu, ulong address, ReadOnlySpan<byte> data, bool stack = false)
    {
        if (!CheckCanonical(vcpu, address, data.Length, stack)
            || !vcpu.TryTranslate(address, WalkAccess.Write, out var host, out var mfn))
        {
            return false;
        }

        var offset = (int)(address & (PageSize - 1));
        var first = Math.Min(data.Length, PageSize - offset);
        nint nextHost = 0;
        ulong nextMfn = 0;
        if (first < data.Length && !vcpu.TryTranslate(address + (ulong)first, WalkAccess.Write, out nextHost, out nextMfn))
        {
            return false;
        }

        vcpu.NoteAccess(address, data.Length, write: true);
        // SAFETY: both parts stay inside the pages that were translated for writing.
        Store((byte*)host, data[..first]);
        vcpu.NoteStore(mfn, offset, first);
        if (first < data.Length)
        {
            Store((byte*)nextHost, data[first..]);
            vcpu.NoteStore(nextMfn, 0, data.Length - first);
        }

        return true;
    }

    /// <summary>Reads 1, 2, 4 or 8 bytes, zero-extended.</summary>
    public static bool Read(VcpuContext vcpu, ulong address, int size, out ulong value, bool stack = false)
    {
        value = 0;
        return Read(vcpu, address, MemoryMarshal.AsBytes(new Span<ulong>(ref value))[..size], stack);
    }

    /// <summary>Writes the low 1, 2, 4 or 8 bytes of a value.</summary>
    public static bool Write(VcpuContext vcpu, ulong address, int size, ulong value, bool stack = false) =>
        Write(vcpu, address, MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(ref value))[..size], stack);

    private static void Load(byte* from, Span<byte> to)
    {
        ref var target = ref MemoryMarshal.GetReference(to);
        switch (to.Length)
        {
            case 1: target = *from; break;
            case 2: Unsafe.WriteUnaligned(ref target, *(ushort*)from); break;
            case 4: Unsafe.WriteUnaligned(ref target, *(uint*)from); break;
            case 8: Unsafe.WriteUnaligned(ref target, *(ulong*)from); break;
            default: new ReadOnlySpan<byte>(from, to.Length).CopyTo(to); break;
        }
    }

    private static void Store(byte* to, ReadOnlySpan<byte> from)
    {
        ref var source = ref MemoryMarshal.GetReference(from);
        switch (from.Length)
        {
            case 1: *to = source; break;
            case 2: *(ushort*)to = Unsafe.ReadUnaligned<ushort>(ref source); break;
            case 4: *(uint*)to = Unsafe.ReadUnaligned<uint>(ref source); break;
            case 8: *(ulong*)to = Unsafe.ReadUnaligned<ulong>(ref source); break;
            default: from.CopyTo(new Span<byte>(to, from.Length)); break;
        }
    }
}
