namespace Xenolith.Translator.Decode;

/// <summary>Flags that liveness is computed over.</summary>
[Flags]
internal enum GuestFlags : byte
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>Carry.</summary>
    Carry = 1,

    /// <summary>Parity.</summary>
    Parity = 2,

    /// <summary>Adjust.</summary>
    Adjust = 4,

    /// <summary>Zero.</summary>
    Zero = 8,

    /// <summary>Sign.</summary>
    Sign = 16,

    /// <summary>Overflow.</summary>
    Overflow = 32,

    /// <summary>Direction.</summary>
    Direction = 64,

    /// <summary>The six flags that arithmetic sets.</summary>
    Arithmetic = Carry | Parity | Adjust | Zero | Sign | Overflow,
}
