using System.Buffers.Binary;
using Xenolith.Abi;

namespace Xenolith.Machine;

/// <summary>Coming up and going down.</summary>
public sealed partial class Vcpu
{
    /// <summary>Guards initialisation and the move of vcpu_info against other vCPUs' hypercalls; a leaf.</summary>
    internal Lock InitialiseLock { get; } = new();

    /// <summary>True once the builder or VCPUOP_initialise gave it registers.</summary>
    public bool IsInitialised { get; internal set; }

    /// <summary>
    /// Gives a parked vCPU its first registers: kernel mode, flat 64-bit segments, events masked.
    /// </summary>
    /// <param name="rip">Entry point.</param>
    /// <param name="rsp">Stack; also the kernel stack of later entries from user mode.</param>
    /// <param name="rsi">start_info, for the first vCPU.</param>
    public void InitialiseForBoot(ulong rip, ulong rsp, ulong rsi)
    {
        ref var registers = ref Registers;
        registers.Rip = rip;
        registers.Rsp = rsp;
        registers.Rsi = rsi;
        registers.Rflags = 0x202;
        registers.Cs = SegmentSelector.FlatCode64;
        registers.Ss = registers.Ds = registers.Es = registers.Fs = registers.Gs = SegmentSelector.FlatData;
        registers.KernelMode = 1;
        registers.Xcr0 = 1;
        KernelRsp = rsp;
        KernelSs = SegmentSelector.FlatData;
        UpcallMask = true;
        IsInitialised = true;
    }

    /// <summary>Loads x87 and SSE state from FXSAVE form; bad contents leave the reset state.</summary>
    internal void LoadLegacyExtendedState(ReadOnlySpan<byte> image)
    {
        Span<byte> area = stackalloc byte[Engine.ExtendedStateSize];
        area.Clear();
        image[..464].CopyTo(area);
        // MXCSR: only bits that every processor has; XSTATE_BV: x87 and SSE.
        KeepValidMxcsr(area);
        area[512] = 3;
        Engine.LoadExtendedState(area);
    }

    private static void KeepValidMxcsr(Span<byte> area)
    {
        var mxcsr = BinaryPrimitives.ReadUInt32LittleEndian(area[24..]) & 0xffff;
        BinaryPrimitives.WriteUInt32LittleEndian(area[24..], mxcsr);
        area.Slice(28, 4).Clear();
    }

    /// <summary>VCPUOP_up: lets it run. Any thread. False if it was never initialised.</summary>
    public bool BringUp()
    {
        if (!IsInitialised)
        {
            return false;
        }

        _down = false;
        Attend();
        Domain.VcpusChanged?.Invoke();
        return true;
    }

    /// <summary>VCPUOP_down: stops it at its next exit. Any thread.</summary>
    public void TakeDown()
    {
        _down = true;
        Attend();
        Domain.VcpusChanged?.Invoke();
    }
}
