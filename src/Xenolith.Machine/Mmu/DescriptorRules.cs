using Xenolith.Abi;

namespace Xenolith.Machine.Mmu;

/// <summary>Which segment descriptors a 64-bit PV guest may have in its GDT and LDT, and what Xen makes of them (Xen's check_descriptor).</summary>
internal static class DescriptorRules
{
    private const uint Present = 0x8000, System = 0x1000, TypeMask = 0x0f00, CallGate = 0x0c00, PrivilegeMask = 0x6000;
    private const int PrivilegeShift = 13;

    /// <summary>Checks a descriptor and gives the form that is stored: nothing below ring 3, call gates made to fault.</summary>
    public static bool TryFix(ulong descriptor, out ulong stored)
    {
        var (low, high) = ((uint)descriptor, (uint)(descriptor >> 32));
        stored = descriptor;
        if ((high & Present) == 0)
        {
            return true;
        }

        // A 64-bit guest runs in ring 3 altogether.
        var privilege = 3u;
        high |= PrivilegeMask;
        if ((high & System) == 0)
        {
            switch (high & TypeMask)
            {
                case 0:
                    // Second half of a 16-byte call gate.
                    return true;
                case CallGate:
                    break;
                default:
                    return false;
            }

            var selector = low >> 16;
            if (!IsGuestCode(selector) || (high & 0xff) != 0)
            {
                return false;
            }

            // The gate faults when it is used; its privilege is kept in the selector.
            high &= ~PrivilegeMask;
            low = (low & 0xffff) | (((selector & ~3u) | privilege) << 16);
        }

        stored = ((ulong)high << 32) | low;
        return true;
    }

    private static bool IsGuestCode(uint selector) =>
        (selector & 4) != 0 || selector >> 3 < SegmentSelector.FirstReservedEntry || (selector & ~3u) is (SegmentSelector.FlatCode32 & ~3u) or (SegmentSelector.FlatCode64 & ~3u);
}
