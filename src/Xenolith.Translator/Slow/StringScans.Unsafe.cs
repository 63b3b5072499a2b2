using System.Runtime.CompilerServices;
using Xenolith.Engine;

namespace Xenolith.Translator.Slow;

/// <summary>scas and cmps: up to a page of elements at a time, until the condition of the prefix ends the loop.</summary>
internal static unsafe class StringScans
{
    /// <summary>Compares elements.</summary>
    /// <param name="vcpu">The vCPU.</param>
    /// <param name="operands">Its string registers; advanced.</param>
    /// <param name="scan">True for scas: the accumulator is compared with the destination. False for cmps: the source is.</param>
    /// <param name="untilEqual">True for repne.</param>
    /// <param name="stop">True if the prefix's condition ended the loop.</param>
    /// <returns>False after a fault.</returns>
    public static bool Compare(VcpuContext vcpu, StringOperands operands, bool scan, bool untilEqual, out bool stop)
    {
        stop = false;
        ref var registers = ref vcpu.Registers;
        var size = operands.Size;
        var count = Math.Min(operands.Count, operands.ElementsInPage(operands.Destination));
        count = scan ? count : Math.Min(count, operands.ElementsInPage(operands.Source));
        nint left = 0, right = 0;
        ulong a = registers.Rax & (ulong.MaxValue >> (64 - (8 * size))), b = 0;
        if (count == 0)
        {
            // An element crosses a page.
            if ((!scan && !GuestAccess.Read(vcpu, operands.Source, size, out a)) || !GuestAccess.Read(vcpu, operands.Destination, size, out b))
            {
                return false;
            }

            count = 1;
        }
        else if ((!scan && !Translate(vcpu, operands.Source, size, out left)) || !Translate(vcpu, operands.Destination, size, out right))
        {
            return false;
        }

        var step = operands.Backward ? -size : size;
        ulong done = 0;
        while (done < count && !stop)
        {
            // SAFETY: ElementsInPage keeps `count` elements inside the translated pages, in the direction of travel.
            a = left != 0 ? Element((byte*)left + ((long)done * step), size) : a;
            b = right != 0 ? Element((byte*)right + ((long)done * step), size) : b;
            stop = a == b == untilEqual;
            done++;
        }

        registers.Rflags = (registers.Rflags & ~Condition.Arithmetic) | Condition.OfSubtraction(a, b, size);
        operands.Advance(done, source: !scan, destination: true);
        return true;
    }

    private static bool Translate(VcpuContext vcpu, ulong address, int size, out nint host)
    {
        host = 0;
        vcpu.NoteAccess(address, size, write: false);
        return GuestAccess.CheckCanonical(vcpu, address, size, stack: false) && vcpu.TryTranslate(address, WalkAccess.Read, out host, out _);
    }

    private static ulong Element(byte* at, int size) => size switch
    {
        1 => *at,
        2 => Unsafe.ReadUnaligned<ushort>(at),
        4 => Unsafe.ReadUnaligned<uint>(at),
        _ => Unsafe.ReadUnaligned<ulong>(at),
    };
}
