namespace Xenolith.Abi;

/// <summary>The flat selectors that Xen's part of a PV guest's GDT holds (public/arch-x86/xen-x86_64.h).</summary>
public static class SegmentSelector
{
    /// <summary>FLAT_RING3_CS32.</summary>
    public const ushort FlatCode32 = 0xe023;

    /// <summary>FLAT_RING3_DS32 and FLAT_RING3_SS64.</summary>
    public const ushort FlatData = 0xe02b;

    /// <summary>FLAT_RING3_CS64.</summary>
    public const ushort FlatCode64 = 0xe033;

    /// <summary>First GDT entry that belongs to Xen: guests may use the entries below.</summary>
    public const int FirstReservedEntry = 14 * 512;
}
