using Iced.Intel;

namespace Xenolith.Translator.Slow;

/// <summary>Condition codes evaluated on an RFLAGS value.</summary>
internal static class Condition
{
    /// <summary>RFLAGS bits.</summary>
    public const ulong Carry = 1, Parity = 4, Adjust = 0x10, Zero = 0x40, Sign = 0x80, Trap = 0x100, Direction = 0x400, Overflow = 0x800;

    /// <summary>The six arithmetic flags.</summary>
    public const ulong Arithmetic = Carry | Parity | Adjust | Zero | Sign | Overflow;

    /// <summary>True if the condition holds.</summary>
    public static bool Holds(ConditionCode condition, ulong flags)
    {
        var less = ((flags & Sign) != 0) != ((flags & Overflow) != 0);
        return condition switch
        {
            ConditionCode.o => (flags & Overflow) != 0,
            ConditionCode.no => (flags & Overflow) == 0,
            ConditionCode.b => (flags & Carry) != 0,
            ConditionCode.ae => (flags & Carry) == 0,
            ConditionCode.e => (flags & Zero) != 0,
            ConditionCode.ne => (flags & Zero) == 0,
            ConditionCode.be => (flags & (Carry | Zero)) != 0,
            ConditionCode.a => (flags & (Carry | Zero)) == 0,
            ConditionCode.s => (flags & Sign) != 0,
            ConditionCode.ns => (flags & Sign) == 0,
            ConditionCode.p => (flags & Parity) != 0,
            ConditionCode.np => (flags & Parity) == 0,
            ConditionCode.l => less,
            ConditionCode.ge => !less,
            ConditionCode.le => less || (flags & Zero) != 0,
            _ => !(less || (flags & Zero) != 0),
        };
    }

    /// <summary>The arithmetic flags of <c>a - b</c> in <paramref name="size"/> bytes.</summary>
    public static ulong OfSubtraction(ulong a, ulong b, int size)
    {
        var shift = 64 - (8 * size);
        a <<= shift;
        b <<= shift;
        var result = a - b;
        ulong flags = a < b ? Carry : 0;
        flags |= result == 0 ? Zero : 0;
        flags |= (long)result < 0 ? Sign : 0;
        flags |= (long)((a ^ b) & (a ^ result)) < 0 ? Overflow : 0;
        var low = result >> shift;
        flags |= (System.Numerics.BitOperations.PopCount((byte)low) & 1) == 0 ? Parity : 0;
        flags |= (((a ^ b) >> shift) ^ low) & Adjust;
        return flags;
    }
}
