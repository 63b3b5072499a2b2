using System.Runtime.CompilerServices;
using Xenolith.Abi;
using static Xenolith.Abi.PageTableEntry;

namespace Xenolith.Machine.Mmu;

/// <summary>
/// What Xen accepts in a 64-bit PV guest's page-table entries, and what it stores instead of what the guest wrote (design 4.2 rule 9).
/// Guests read the stored form back.
/// </summary>
internal static class EntryRules
{
    private const ulong UpperAllowed = Present | Writable | User | Accessed | Dirty | Available | AvailableHigh | NoExecute | FrameMask;

    /// <summary>Bits that an unprivileged guest may not set in an L1 entry (memory types among them).</summary>
    public const ulong L1Forbidden = ~(UpperAllowed | Global);

    /// <summary>Bits that a guest may not set in an L2, L3 or L4 entry; large pages among them.</summary>
    public const ulong UpperForbidden = ~UpperAllowed;

    /// <summary>The memory type in an L1 entry; the last is PAT there.</summary>
    public const ulong CacheTypes = WriteThrough | CacheDisable | Large;

    /// <summary>Bits that may change in a present entry without looking at the frame again.</summary>
    public const ulong Harmless = NoExecute | AvailableHigh | Available | Global | Dirty | Accessed | User;

    /// <summary>
    /// The stored form of a present L1 entry: a page without USER is the guest kernel's and gets USER and bit 52 (the kernel runs at CPL3);
    /// any other is global, since both of the guest's address spaces show it.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong AdjustL1(ulong entry)
    {
        if ((entry & User) == 0)
        {
            entry |= GuestKernel | User;
        }

        if ((entry & GuestKernel) == 0)
        {
            entry |= Global | User;
        }

        return entry;
    }

    /// <summary>The stored form of a present L2, L3 or L4 entry.</summary>
    public static ulong AdjustUpper(ulong entry, int level) => entry | User | (level == 4 ? Accessed : 0);

    /// <summary>True if two present entries differ in harmless bits only.</summary>
    public static bool SameMapping(ulong oldEntry, ulong newEntry) =>
        ((oldEntry ^ newEntry) & ~Harmless) == 0 && (oldEntry & newEntry & Present) != 0;

    /// <summary>True for an L4 slot that is Xen's and not the guest's.</summary>
    public static bool IsXenSlot(int level, int index) => level == 4 && index is >= FirstXenSlot and <= LastXenSlot;
}
