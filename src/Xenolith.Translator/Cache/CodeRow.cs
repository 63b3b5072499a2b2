namespace Xenolith.Translator.Cache;

/// <summary>Side-table row of one translated instruction: which guest instruction a host address belongs to and where the flags are at its start.</summary>
internal struct CodeRow
{
    /// <summary>RFLAGS of the host has the guest's arithmetic flags at the start.</summary>
    public const byte HostFlags = 1;

    /// <summary>The state block's slot has them.</summary>
    public const byte SlotFlags = 2;

    /// <summary>When the operation itself runs, the slot has them, whatever RFLAGS of the host has.</summary>
    public const byte SlotAtOperation = 4;

    /// <summary>When the operation itself runs, guest RAX and RDX are in their spill slots.</summary>
    public const byte SpilledAtOperation = 8;

    /// <summary>Guest offset from the block's first byte.</summary>
    public ushort Offset;

    /// <summary>Length of the guest instruction.</summary>
    public byte Length;

    /// <summary><see cref="HostFlags"/> and <see cref="SlotFlags"/>. With neither, nobody needs the flags.</summary>
    public byte Flags;

    /// <summary>Offset of its first host byte in the cache.</summary>
    public int Host;
}
