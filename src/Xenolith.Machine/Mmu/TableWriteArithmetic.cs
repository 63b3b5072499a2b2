using System.Numerics;

namespace Xenolith.Machine.Mmu;

/// <summary>Results and flags of the read-modify-write instructions that page-table emulation knows, as the CPU computes them.</summary>
internal static class TableWriteArithmetic
{
    private const ulong Carry = 1, Parity = 4, Adjust = 0x10, Zero = 0x40, Sign = 0x80, Overflow = 0x800;
    private const ulong AllFlags = Carry | Parity | Adjust | Zero | Sign | Overflow;

    /// <summary>All bits of an operand of a size.</summary>
    public static ulong MaskOf(int size) => size == 8 ? ulong.MaxValue : (1UL << (size * 8)) - 1;

    /// <summary>add, or, adc, sbb, and, sub, xor by encoding 0..6; 7 (cmp) gives sub's result and flags.</summary>
    public static ulong Compute(int operation, ulong left, ulong right, int size, ref ulong flags)
    {
        var mask = MaskOf(size);
        left &= mask;
        right &= mask;
        var carryIn = operation is 2 or 3 ? flags & Carry : 0;
        ulong result;
        switch (operation)
        {
            case 0 or 2:
                result = (left + right + carryIn) & mask;
                SetFlags(ref flags, result, size, CarryOfSum(left, right, result), left ^ right ^ result, (left ^ result) & (right ^ result));
                return result;
            case 3 or 5 or 7:
                result = (left - right - carryIn) & mask;
                SetFlags(ref flags, result, size, CarryOfDifference(left, right, result), left ^ right ^ result, (left ^ right) & (left ^ result));
                return result;
            default:
                result = operation switch { 1 => left | right, 4 => left & right, _ => left ^ right };
                SetFlags(ref flags, result, size, 0, 0, 0);
                return result;
        }
    }

    /// <summary>inc (0) and dec (1), which leave the carry alone.</summary>
    public static ulong Step(int operation, ulong value, int size, ref ulong flags)
    {
        var carry = flags & Carry;
        var result = Compute(operation == 0 ? 0 : 5, value, 1, size, ref flags);
        flags = (flags & ~Carry) | carry;
        return result;
    }

    /// <summary>bts (5), btr (6), btc (7): the old bit goes to the carry.</summary>
    public static ulong BitTest(int operation, ulong value, int bit, ref ulong flags)
    {
        var selected = 1UL << bit;
        flags = (flags & ~Carry) | ((value & selected) != 0 ? Carry : 0);
        return operation switch { 5 => value | selected, 6 => value & ~selected, _ => value ^ selected };
    }

    /// <summary>Truth of a condition code (the low four bits of jcc, setcc).</summary>
    public static bool Condition(int condition, ulong flags)
    {
        var truth = (condition >> 1) switch
        {
            0 => (flags & Overflow) != 0,
            1 => (flags & Carry) != 0,
            2 => (flags & Zero) != 0,
            3 => (flags & (Carry | Zero)) != 0,
            4 => (flags & Sign) != 0,
            5 => (flags & Parity) != 0,
            6 => (flags & Sign) != 0 != ((flags & Overflow) != 0),
            _ => (flags & Zero) != 0 || (flags & Sign) != 0 != ((flags & Overflow) != 0),
        };
        return truth == ((condition & 1) == 0);
    }

    // Carry out of the top bit of the operand, from the operands and the result alone, so that a carry in is counted.
    private static ulong CarryOfSum(ulong left, ulong right, ulong result) => (left & right) | ((left | right) & ~result);

    private static ulong CarryOfDifference(ulong left, ulong right, ulong result) => (~left & right) | ((~left | right) & result);

    private static void SetFlags(ref ulong flags, ulong result, int size, ulong carries, ulong halves, ulong overflows)
    {
        var top = 1UL << ((size * 8) - 1);
        flags &= ~AllFlags;
        flags |= ((carries & top) != 0 ? Carry : 0)
            | ((BitOperations.PopCount(result & 0xff) & 1) == 0 ? Parity : 0)
            | ((halves & 0x10) != 0 ? Adjust : 0)
            | (result == 0 ? Zero : 0)
            | ((result & top) != 0 ? Sign : 0)
            | ((overflows & top) != 0 ? Overflow : 0);
    }
}
