namespace Xenolith.Machine.Memory;

/// <summary>What a frame is used as, while its type count is not zero (Xen's PGT_*).</summary>
internal enum FrameType
{
    /// <summary>Nothing that matters.</summary>
    None = 0,

    /// <summary>A validated L1 table.</summary>
    L1 = 1,

    /// <summary>A validated L2 table.</summary>
    L2 = 2,

    /// <summary>A validated L3 table.</summary>
    L3 = 3,

    /// <summary>A validated L4 table.</summary>
    L4 = 4,

    /// <summary>A page of a GDT or LDT.</summary>
    SegmentDescriptors = 5,

    /// <summary>Mapped writable by the guest.</summary>
    Writable = 6,
}

/// <summary>
/// The word that accounts for a frame, changed with interlocked operations only (design 4.2 rule 10): how often it is referred to at all,
/// how often as its present type, and the type's state. The type may change only while its count is zero; a frame is the domain's while
/// its reference count is not.
/// </summary>
internal static class FrameState
{
    /// <summary>Bits 0..25: references of the present type.</summary>
    public const ulong TypeCountMask = (1UL << 26) - 1;

    /// <summary>One reference of the present type.</summary>
    public const ulong OneType = 1;

    /// <summary>Bits 26..51: references of any kind.</summary>
    public const ulong ReferenceCountMask = TypeCountMask << 26;

    /// <summary>One reference of any kind.</summary>
    public const ulong OneReference = 1UL << 26;

    /// <summary>Bits 52..54: <see cref="FrameType"/>.</summary>
    public const int TypeShift = 52;

    /// <summary>See <see cref="TypeShift"/>.</summary>
    public const ulong TypeMask = 7UL << TypeShift;

    /// <summary>
    /// The contents were checked for the type. A counted frame without it is being checked or taken down by one thread, and others that
    /// want the same type wait.
    /// </summary>
    public const ulong Validated = 1UL << 55;

    /// <summary>The guest pinned it: one reference and one type reference are the pin's.</summary>
    public const ulong Pinned = 1UL << 56;

    /// <summary>One thread changes entries of the table; held for a few dozen instructions, or for the validation of a lower table.</summary>
    public const ulong Locked = 1UL << 57;

    /// <summary>The domain's own: one reference is the ownership's.</summary>
    public const ulong Allocated = 1UL << 58;

    /// <summary>A page of the hypervisor that the guest may map (shared_info, grant frames).</summary>
    public const ulong Shared = 1UL << 59;

    /// <summary>Another domain's page, here by a grant.</summary>
    public const ulong Foreign = 1UL << 60;

    /// <summary>The type in a word.</summary>
    public static FrameType TypeOf(ulong word) => (FrameType)((word & TypeMask) >> TypeShift);

    /// <summary>A type's bits in a word.</summary>
    public static ulong Of(FrameType type) => (ulong)type << TypeShift;
}
