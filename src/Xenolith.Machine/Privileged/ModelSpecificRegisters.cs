using Xenolith.Host;

namespace Xenolith.Machine.Privileged;

/// <summary>
/// rdmsr and wrmsr as Xen answers an unprivileged PV kernel: a few registers are real, some read as zero, some writes are ignored, the rest is #GP.
/// </summary>
internal static class ModelSpecificRegisters
{
    private const uint Tsc = 0x10, ApicBase = 0x1b, FeatureControl = 0x3a, SpecControl = 0x48, PredictionCommand = 0x49, MicrocodeRevision = 0x8b;
    private const uint MicrocodeUpdate = 0x79, PlatformInfo = 0xce, ArchCapabilities = 0x10a, MiscFeatures = 0x140, DebugControl = 0x1d9;
    private const uint McgCap = 0x179, McgStatus = 0x17a, PerfStatus = 0x198, PerfControl = 0x199, ThermalStatus = 0x19c;
    private const uint MiscEnable = 0x1a0, PageAttributes = 0x277, PerfCapabilities = 0x345;
    private const uint Efer = 0xc000_0080, FsBase = 0xc000_0100, GsBase = 0xc000_0101, KernelGsBase = 0xc000_0102, TscAux = 0xc000_0103;
    private const uint HardwareConfiguration = 0xc001_0015, NorthbridgeConfiguration = 0xc001_001f, DecodeConfiguration = 0xc001_1029;
    private const uint SmmMemory = 0xc001_0112;

    /// <summary>SCE, LME, LMA, NX.</summary>
    private const ulong EferValue = 0xd01;

    /// <summary>Fast strings, and "no BTS", "no PEBS".</summary>
    private const ulong MiscEnableValue = 1 | (1 << 11) | (1 << 12);

    /// <summary>EFER.AUTOIBRS, which an AMD guest sets because CPUID offers it; nothing depends on it here.</summary>
    private const ulong AutomaticIbrs = 1 << 21;

    /// <summary>
    /// IA32_ARCH_CAPABILITIES: RDCL_NO, IBRS_ALL, SKIP_L1DFL, SSB_NO, MDS_NO, PSCHANGE_NO, TAA_NO, SBDR, FBSDP and PSDP_NO, BHI_NO, PBRSB_NO, GDS_NO,
    /// RFDS_NO, ITS_NO. A guest shares its process with nobody; what protects its neighbours are the process boundary and the host's own mitigations,
    /// and a guest's own tricks with calls and returns are what a translator runs worst.
    /// </summary>
    private const ulong ArchCapabilitiesValue = (1UL << 0) | (1UL << 1) | (1UL << 3) | (1UL << 4) | (1UL << 5) | (1UL << 6) | (1UL << 8) | (1UL << 13)
        | (1UL << 14) | (1UL << 15) | (1UL << 20) | (1UL << 24) | (1UL << 26) | (1UL << 27) | (1UL << 62);

    /// <summary>HWCR.TscFreqSel.</summary>
    private const ulong TscCountsAtP0 = 1 << 24;

    /// <summary>The memory types that Xen loads: WB WT UC- UC WC WP UC UC.</summary>
    private const ulong PageAttributesValue = 0x0000_0501_0007_0406;

    public static EmulationResult ReadInstruction(Vcpu vcpu)
    {
        ref var registers = ref vcpu.Registers;
        var number = (uint)registers.Rcx;
        if (!TryRead(vcpu, number, out var value))
        {
            vcpu.Domain.Log.WriteGuestCaused($"vcpu {vcpu.Id}: rdmsr {number:x} refused");
            return EmulationResult.Refused;
        }

        registers.Rax = (uint)value;
        registers.Rdx = value >> 32;
        return EmulationResult.Done;
    }

    public static EmulationResult WriteInstruction(Vcpu vcpu)
    {
        ref var registers = ref vcpu.Registers;
        var number = (uint)registers.Rcx;
        var value = (registers.Rdx << 32) | (uint)registers.Rax;
        if (TryWrite(vcpu, number, value))
        {
            return EmulationResult.Done;
        }

        vcpu.Domain.Log.WriteGuestCaused($"vcpu {vcpu.Id}: wrmsr {number:x} of {value:x} refused");
        return EmulationResult.Refused;
    }

    private static bool IsPerformanceCounter(uint number, bool intel) => intel
        ? number is >= 0xc1 and <= 0xc8 or >= 0x186 and <= 0x18d or >= 0x309 and <= 0x30b or >= 0x38d and <= 0x390
        : number is >= 0xc001_0000 and <= 0xc001_0007 or >= 0xc001_0200 and <= 0xc001_020b;

    private static bool TryRead(Vcpu vcpu, uint number, out ulong value)
    {
        ref var registers = ref vcpu.Registers;
        var intel = vcpu.Domain.Cpuid.IsIntel;
        switch (number)
        {
            case Tsc:
                value = HostTsc.Now();
                return true;
            case ApicBase:
                value = 0xfee0_0000 | 0x800 | (vcpu.Id == 0 ? 0x100u : 0);
                return true;
            case FeatureControl when intel:
                value = 1;
                return true;
            case SpecControl when intel:
                value = vcpu.SpecControl;
                return true;
            case ArchCapabilities when intel:
                value = ArchCapabilitiesValue;
                return true;
            case MicrocodeRevision:
                value = intel ? 1UL << 32 : 1;
                return true;
            case MiscEnable when intel:
                value = MiscEnableValue;
                return true;
            case PageAttributes:
                value = PageAttributesValue;
                return true;
            case Efer:
                value = EferValue;
                return true;
            case FsBase:
                value = registers.FsBase;
                return true;
            case GsBase:
                value = registers.GsBase;
                return true;
            case KernelGsBase:
                value = vcpu.OtherGsBase;
                return true;
            case TscAux:
                value = registers.TscAux;
                return true;
            case DecodeConfiguration when !intel:
                // LFENCE is serialising.
                value = 2;
                return true;
            case HardwareConfiguration when !intel:
                value = TscCountsAtP0;
                return true;
            case SmmMemory when !intel: // Linux before 4.15 reads it before it can take a refusal; beyond all RAM, so that nobody acts on it
                value = 0xffff_fffe_0000;
                return true;
            case DebugControl: // no branch records, no stepping by branches
            case PlatformInfo or MiscFeatures or McgCap or McgStatus or PerfCapabilities:
            case PerfStatus or PerfControl or ThermalStatus when intel:
            case NorthbridgeConfiguration when !intel:
            case >= 0xc001_0061 and <= 0xc001_006b when !intel: // P-states
            case 0xc001_0041 or 0xc001_0042 when !intel:
            case var counter when IsPerformanceCounter(counter, intel):
                value = 0;
                return true;
            default:
                value = 0;
                return false;
        }
    }

    private static bool TryWrite(Vcpu vcpu, uint number, ulong value)
    {
        ref var registers = ref vcpu.Registers;
        var intel = vcpu.Domain.Cpuid.IsIntel;
        switch (number)
        {
            case FsBase when Vcpu.IsCanonical(value):
                registers.FsBase = value;
                return true;
            case GsBase when Vcpu.IsCanonical(value):
                registers.GsBase = value;
                return true;
            case KernelGsBase when Vcpu.IsCanonical(value):
                vcpu.OtherGsBase = value;
                return true;
            case TscAux when value <= uint.MaxValue:
                registers.TscAux = value;
                return true;
            case Efer:
                return (value & ~AutomaticIbrs) == EferValue;
            case SpecControl when intel && (value & ~7UL) == 0:
                vcpu.SpecControl = value;
                return true;
            case PredictionCommand when intel:
                return (value & ~1UL) == 0;
            case MicrocodeRevision when intel && value == 0:
            case MicrocodeUpdate:
            case McgStatus:
            case MiscEnable when intel:
            case 0xe7 or 0xe8: // MPERF, APERF
            case HardwareConfiguration or NorthbridgeConfiguration when !intel:
            case >= 0xc001_0061 and <= 0xc001_006b when !intel:
                return true;
            case var counter when IsPerformanceCounter(counter, intel):
                // As Xen without a virtual PMU: writes go nowhere, and the guest finds out by reading back.
                return true;
            case MiscFeatures:
            case PlatformInfo:
                return value == 0;
            default:
                return false;
        }
    }
}
