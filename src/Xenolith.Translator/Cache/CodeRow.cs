namespace Xenolith.Translator.Cache;

/// <summary>
/// Side-table row of one translated instruction: which guest instruction a host address belongs to and where the flags are at its start. Small,
/// because there are as many as translated instructions.
/// </summary>
/// <param name="offset">Guest offset from the block's first byte.</param>
/// <param name="length">Length of the guest instruction; 0 for the row behind the last one.</param>
/// <param name="flags"><see cref="HostFlags"/> and its like.</param>
/// <param name="host">Offset of its first host byte from the block's entry.</param>
internal struct CodeRow(int offset, int length, int flags, int host)
{
    /// <summary>RFLAGS of the host has the guest's arithmetic flags at the start.</summary>
    public const int HostFlags = 1;

    /// <summary>The state block's slot has them.</summary>
    public const int SlotFlags = 2;

    /// <summary>When the operation itself runs, the slot has them, whatever RFLAGS of the host has.</summary>
    public const int SlotAtOperation = 4;

    /// <summary>When the operation itself runs, guest RAX and RDX are in their spill slots.</summary>
    public const int SpilledAtOperation = 8;

    /// <summary>Its access is the first of a run with one check for all.</summary>
    public const int RunStart = 16;

    /// <summary>Relies on what the row before it leaves in r11: emitted code cannot be entered here.</summary>
    public const int NoEntry = 32;

    private readonly ushort _host = checked((ushort)host);
    private readonly ushort _offset = (ushort)offset;
    private readonly byte _length = (byte)length;
    private byte _flags = (byte)flags;

    /// <summary>Guest offset from the block's first byte.</summary>
    public readonly ushort Offset => _offset;

    /// <summary>Length of the guest instruction.</summary>
    public readonly byte Length => _length;

    /// <summary><see cref="HostFlags"/> and <see cref="SlotFlags"/> (with neither, nobody needs the flags), and what holds at the operation.</summary>
    public int Flags
    {
        readonly get => _flags;
        set => _flags = (byte)value;
    }

    /// <summary>Offset of its first host byte from the block's entry.</summary>
    public readonly int Host => _host;
}
