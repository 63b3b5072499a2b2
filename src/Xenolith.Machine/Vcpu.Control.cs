namespace Xenolith.Machine;

/// <summary>Control and debug registers as a PV guest has them.</summary>
public sealed partial class Vcpu
{
    private const ulong DebugStatusReserved = 0xffff_0ff0, DebugControlReserved = 0x400;

    /// <summary>What <c>mov reg, cr2</c> reads: the address of the last #PF, or what the guest wrote.</summary>
    internal ulong GuestCr2 { get; set; }

    /// <summary>CR4 as the guest set it.</summary>
    internal ulong GuestCr4 { get; private set; }

    /// <summary>Sets CR4: the bits a guest may choose, the others as they are.</summary>
    internal void SetControl4(ulong value)
    {
        GuestCr4 = Privileged.ControlRegisters.FixedCr4(value);
        Registers.BasesRefused = Published((GuestCr4 & Privileged.ControlRegisters.FsGsBase) == 0);
    }

    /// <summary>Tells the engine whether IOPL is a matter of RFLAGS. Any thread.</summary>
    internal void PublishIopl() => Volatile.Write(ref Registers.Entry.IoplReady, Published(!Domain.ArchitecturalIopl));

    /// <summary>IA32_SPEC_CTRL: kept, without effect on the translated code's host.</summary>
    internal ulong SpecControl { get; set; }

    /// <summary>mov to CR3: MMUEXT_NEW_BASEPTR by another door.</summary>
    internal bool TrySwitchRoot(ulong mfn) => NewKernelRoot(mfn) == 0;

    /// <summary>DR0..DR3.</summary>
    internal ulong[] DebugAddresses { get; } = new ulong[4];

    /// <summary>DR6.</summary>
    internal ulong DebugStatus { get; set; } = DebugStatusReserved;

    /// <summary>DR7.</summary>
    internal ulong DebugControl { get; set; } = DebugControlReserved;

    /// <summary>Adds the bits of a #DB to DR6.</summary>
    internal void MergeDebugStatus(uint status)
        => DebugStatus = (DebugStatus & ~0xfUL) | (status & 0xe00f) | DebugStatusReserved;
}
