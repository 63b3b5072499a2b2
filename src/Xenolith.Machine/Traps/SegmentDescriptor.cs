namespace Xenolith.Machine.Traps;

/// <summary>A segment descriptor as it stands in a GDT or LDT, with the questions a processor asks when it loads one.</summary>
/// <param name="Raw">The 8 bytes.</param>
internal readonly record struct SegmentDescriptor(ulong Raw)
{
    /// <summary>P.</summary>
    public bool IsPresent => (Raw & (1UL << 47)) != 0;

    /// <summary>S: code or data, not a system descriptor.</summary>
    public bool IsSegment => (Raw & (1UL << 44)) != 0;

    /// <summary>Code.</summary>
    public bool IsCode => IsSegment && (Raw & (1UL << 43)) != 0;

    /// <summary>Conforming code.</summary>
    public bool IsConforming => IsCode && (Raw & (1UL << 42)) != 0;

    /// <summary>Data that may be written.</summary>
    public bool IsWritable => IsSegment && !IsCode && (Raw & (1UL << 41)) != 0;

    /// <summary>Data, or code that may be read.</summary>
    public bool IsReadable => IsSegment && (!IsCode || (Raw & (1UL << 41)) != 0);

    /// <summary>L: 64-bit code.</summary>
    public bool IsLong => (Raw & (1UL << 53)) != 0;

    /// <summary>DPL.</summary>
    public int Privilege => (int)(Raw >> 45) & 3;

    /// <summary>Base address, 32 bits.</summary>
    public ulong Base => ((Raw >> 16) & 0xff_ffff) | ((Raw >> 32) & 0xff00_0000);

    /// <summary>Limit in bytes, with the granularity applied.</summary>
    public uint Limit
    {
        get
        {
            var limit = (uint)(Raw & 0xffff) | (uint)((Raw >> 32) & 0xf_0000);
            return (Raw & (1UL << 55)) != 0 ? (limit << 12) | 0xfff : limit;
        }
    }

    /// <summary>What LAR returns: the second word without the base.</summary>
    public uint AccessRights => (uint)(Raw >> 32) & 0x00ff_ff00;
}
