namespace Xenolith.Abi;

/// <summary>
/// Bits of an x86 page-table entry as a PV guest writes them and as Xen keeps them (64-bit and PAE alike). An entry holds a machine frame.
/// </summary>
public static class PageTableEntry
{
    /// <summary>The entry is in force.</summary>
    public const ulong Present = 1;

    /// <summary>Writes are allowed.</summary>
    public const ulong Writable = 2;

    /// <summary>User mode may use it. Xen sets it in every present entry of a 64-bit guest, whose kernel runs at CPL3 too.</summary>
    public const ulong User = 4;

    /// <summary>Page write-through.</summary>
    public const ulong WriteThrough = 8;

    /// <summary>Page cache disable.</summary>
    public const ulong CacheDisable = 0x10;

    /// <summary>Set by a walk that used the entry.</summary>
    public const ulong Accessed = 0x20;

    /// <summary>Set by a write through a leaf entry.</summary>
    public const ulong Dirty = 0x40;

    /// <summary>In an L2 or L3 entry: a large page. In an L1 entry the same bit is PAT.</summary>
    public const ulong Large = 0x80;

    /// <summary>Survives address-space switches.</summary>
    public const ulong Global = 0x100;

    /// <summary>Bits 9..11, free for the guest.</summary>
    public const ulong Available = 0xe00;

    /// <summary>Bit 52, by which Xen remembers that a 64-bit guest did not set <see cref="User"/>: a page of its kernel.</summary>
    public const ulong GuestKernel = 1UL << 52;

    /// <summary>Bits 52..62, free for the guest (<see cref="GuestKernel"/> among them).</summary>
    public const ulong AvailableHigh = 0x7ffUL << 52;

    /// <summary>Instructions may not be fetched.</summary>
    public const ulong NoExecute = 1UL << 63;

    /// <summary>Bits 12..51: the machine frame's address.</summary>
    public const ulong FrameMask = 0x000f_ffff_ffff_f000;

    /// <summary>Memory-type bits of an L1 entry.</summary>
    public const ulong CacheAttributes = WriteThrough | CacheDisable | Large;

    /// <summary>Entries in a table.</summary>
    public const int EntriesPerTable = 512;

    /// <summary>First L4 slot that is Xen's in a 64-bit guest's address space.</summary>
    public const int FirstXenSlot = 256;

    /// <summary>Last L4 slot that is Xen's.</summary>
    public const int LastXenSlot = 271;

    /// <summary>The machine frame number in an entry.</summary>
    public static ulong FrameOf(ulong entry) => (entry & FrameMask) >> 12;
}
