using Xenolith.Abi;

namespace Xenolith.Machine;

/// <summary>Coming up and going down.</summary>
public sealed partial class Vcpu
{
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

    /// <summary>VCPUOP_up: lets it run. Any thread. False if it was never initialised.</summary>
    public bool BringUp()
    {
        if (!IsInitialised)
        {
            return false;
        }

        _down = false;
        Attend();
        return true;
    }

    /// <summary>VCPUOP_down: stops it at its next exit. Any thread.</summary>
    public void TakeDown()
    {
        _down = true;
        Attend();
    }
}
