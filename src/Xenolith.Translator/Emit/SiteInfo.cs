namespace Xenolith.Translator.Emit;

/// <summary>The 32-bit word behind an exit stub's call (and a miss's jump back) and block number: row in the low half, size or reason above it.</summary>
internal static class SiteInfo
{
    /// <summary>At this exit the guest's arithmetic flags are in the state block's slot, not in RFLAGS.</summary>
    public const uint FlagsInSlot = 0x8000_0000;

    /// <summary>A miss of a masked access: only the slow instructions know which bytes matter.</summary>
    public const uint Masked = 0x4000_0000;

    /// <summary>With a link's number: the jump behind a call, which a return takes whenever it comes.</summary>
    public const uint ReturnPad = 0x4000_0000;

    /// <summary>A link that leads to the twin of its target that has no runs (<see cref="Analyse.BlockMode.Apart"/>).</summary>
    public const uint Twin = 0x2000_0000;

    /// <summary>The link number of a branch.</summary>
    public static int Link(uint info) => (int)(info & ~(FlagsInSlot | ReturnPad | Twin));

    /// <summary>The row number.</summary>
    public static int Row(uint info) => (int)(info & 0xffff);

    /// <summary>The access size or the reason.</summary>
    public static int Detail(uint info) => (int)((info >> 16) & 0x3fff);
}
