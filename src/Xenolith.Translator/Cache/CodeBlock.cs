using System.Runtime.InteropServices;
using Xenolith.Translator.Analyse;

namespace Xenolith.Translator.Cache;

/// <summary>One translation: a run of guest code in a machine frame, at a guest address, for a mode.</summary>
internal struct CodeBlock
{
    /// <summary>No second frame.</summary>
    public const ulong NoFrame = ulong.MaxValue;

    /// <summary>Guest address of its first instruction.</summary>
    public ulong Rip;

    /// <summary>Machine frame of the first byte, and of the last if the block crosses a page.</summary>
    public ulong Mfn, SecondMfn;

    /// <summary>Offset in the cache of the entry, and behind the last hot byte.</summary>
    public int Host, HostEnd;

    /// <summary>Its first row in the table of rows.</summary>
    public int FirstRow;

    /// <summary>How many rows.</summary>
    public ushort RowCount;

    /// <summary>True if some arithmetic flag is live at its entry: there the host has them.</summary>
    public bool FlagsLive;

    /// <summary>Where the block begins for who has the flags in their slot, from its entry; 0 if they must be loaded.</summary>
    public byte SlotEntry;

    /// <summary>Next block of the same frame, of the same second frame, and in the same bucket; -1 ends.</summary>
    public int NextInFrame, NextInSecond, NextInBucket;

    /// <summary>First link that jumps to this block; -1 for none.</summary>
    public int FirstIncoming;

    /// <summary>Offset in the cache of the landing for indirect branches, 0 if none was needed yet.</summary>
    public int Landing;

    /// <summary>Guest bytes.</summary>
    public ushort Length;

    /// <summary>Mode of the key.</summary>
    public BlockMode Mode;

    /// <summary>True when it may not be entered any more.</summary>
    public bool Dead;
}

/// <summary>A direct branch out of a block: a four-byte displacement that leads to its stub or to the target's entry.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct CodeLink
{
    /// <summary>Guest address it leads to.</summary>
    public ulong Target;

    /// <summary>Offsets in the cache of the displacement and of the stub.</summary>
    public int Site, Stub;

    /// <summary>Next link to the same target block; -1 ends.</summary>
    public int NextIncoming;
}
