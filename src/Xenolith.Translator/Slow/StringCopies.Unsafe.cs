using System.Runtime.CompilerServices;
using Xenolith.Engine;

namespace Xenolith.Translator.Slow;

/// <summary>The bulk of movs and stos: as many elements as lie in one source and one destination page, straight in host memory.</summary>
internal static unsafe class StringCopies
{
    private const int PageSize = MachineFrames.PageSize;

    /// <summary>Moves elements; returns how many, 0 after a fault with the exit fields set.</summary>
    public static ulong Move(VcpuContext vcpu, StringOperands operands)
    {
        var source = operands.Source;
        var destination = operands.Destination;
        var count = Math.Min(operands.Count, Math.Min(operands.ElementsInPage(source), operands.ElementsInPage(destination)));
        if (count == 0 || (operands.Backward && count > 1))
        {
            return MoveOne(vcpu, operands);
        }

        if (!GuestAccess.CheckCanonical(vcpu, source, operands.Size, stack: false)
            || !vcpu.TryTranslate(source, WalkAccess.Read, out var from, out _)
            || !GuestAccess.CheckCanonical(vcpu, destination, operands.Size, stack: false)
            || !vcpu.TryTranslate(destination, WalkAccess.Write, out var to, out var mfn))
        {
            return 0;
        }

        var length = (long)count * operands.Size;
        vcpu.NoteAccess(source, (int)length, write: false);
        vcpu.NoteAccess(destination, (int)length, write: true);
        // SAFETY: ElementsInPage keeps both ranges inside the pages just translated, for reading and for writing.
        if (to > from && to < from + length)
        {
            CopyElements((byte*)from, (byte*)to, (long)count, operands.Size);
        }
        else
        {
            Buffer.MemoryCopy((void*)from, (void*)to, length, length);
        }

        vcpu.NoteStore(mfn, (int)(destination & (PageSize - 1)), (int)length);
        return count;
    }

    /// <summary>Stores elements of RAX; returns how many, 0 after a fault with the exit fields set.</summary>
    public static ulong Store(VcpuContext vcpu, StringOperands operands)
    {
        var destination = operands.Destination;
        var count = Math.Min(operands.Count, operands.ElementsInPage(destination));
        var value = vcpu.Registers.Rax;
        if (count == 0)
        {
            return GuestAccess.Write(vcpu, destination, operands.Size, value) ? 1u : 0u;
        }

        if (!GuestAccess.CheckCanonical(vcpu, destination, operands.Size, stack: false)
            || !vcpu.TryTranslate(destination, WalkAccess.Write, out var to, out var mfn))
        {
            return 0;
        }

        var length = (int)count * operands.Size;
        if (operands.Backward)
        {
            to -= length - operands.Size;
            destination -= (ulong)(length - operands.Size);
        }

        vcpu.NoteAccess(destination, length, write: true);

        // SAFETY: ElementsInPage keeps the range inside the page just translated for writing; unaligned stores are fine on x86.
        switch (operands.Size)
        {
            case 1: new Span<byte>((void*)to, length).Fill((byte)value); break;
            case 2: new Span<ushort>((void*)to, (int)count).Fill((ushort)value); break;
            case 4: new Span<uint>((void*)to, (int)count).Fill((uint)value); break;
            default: new Span<ulong>((void*)to, (int)count).Fill(value); break;
        }

        vcpu.NoteStore(mfn, (int)(destination & (PageSize - 1)), length);
        return count;
    }

    private static ulong MoveOne(VcpuContext vcpu, StringOperands operands) =>
        GuestAccess.Read(vcpu, operands.Source, operands.Size, out var value)
        && GuestAccess.Write(vcpu, operands.Destination, operands.Size, value) ? 1u : 0u;

    // A destination that begins inside the source repeats a pattern: the order of elements is part of the instruction.
    private static void CopyElements(byte* from, byte* to, long count, int size)
    {
        for (long i = 0; i < count; i++, from += size, to += size)
        {
            switch (size)
            {
                case 1: *to = *from; break;
                case 2: Unsafe.WriteUnaligned(to, Unsafe.ReadUnaligned<ushort>(from)); break;
                case 4: Unsafe.WriteUnaligned(to, Unsafe.ReadUnaligned<uint>(from)); break;
                default: Unsafe.WriteUnaligned(to, Unsafe.ReadUnaligned<ulong>(from)); break;
            }
        }
    }
}
