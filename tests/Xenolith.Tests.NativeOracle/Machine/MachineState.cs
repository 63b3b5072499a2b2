namespace Xenolith.Tests.NativeOracle.Machine;

/// <summary>Everything an instruction can see or change besides memory: the input of a run, and with the fault fields its outcome.</summary>
internal sealed class MachineState
{
    public const int X87Size = 512, VectorsSize = 16 * 32;

    public ulong[] General { get; } = new ulong[16];

    public ulong Rip { get; set; }

    public ulong Rflags { get; set; } = 0x202;

    public ulong FsBase { get; set; }

    public ulong GsBase { get; set; }

    public uint Mxcsr { get; set; } = 0x1F80;

    /// <summary>The first 160 bytes of an FXSAVE64 image are compared: control, status, tags, and the eight registers.</summary>
    public byte[] X87 { get; } = new byte[X87Size];

    public byte[] Vectors { get; } = new byte[VectorsSize];

    /// <summary>CR0.TS; the real CPU's cannot be set, so only directed tests use it.</summary>
    public bool TaskSwitched { get; set; }

    /// <summary>Vector that ended the run.</summary>
    public uint Vector { get; set; }

    public uint ErrorCode { get; set; }

    public ulong FaultAddress { get; set; }

    public MachineState Copy()
    {
        var copy = new MachineState
        {
            Rip = Rip,
            Rflags = Rflags,
            FsBase = FsBase,
            GsBase = GsBase,
            Mxcsr = Mxcsr,
            TaskSwitched = TaskSwitched,
            Vector = Vector,
            ErrorCode = ErrorCode,
            FaultAddress = FaultAddress,
        };
        General.CopyTo(copy.General, 0);
        X87.CopyTo(copy.X87, 0);
        Vectors.CopyTo(copy.Vectors, 0);
        return copy;
    }
}
