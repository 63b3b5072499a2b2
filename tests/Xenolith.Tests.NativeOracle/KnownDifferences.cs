using Iced.Intel;
using Xenolith.Tests.NativeOracle.Machine;
using Xenolith.Translator.Decode;

namespace Xenolith.Tests.NativeOracle;

/// <summary>
/// Where the translator and the CPU differ, each with its reason: instructions that are not compared form by form (directed tests cover them where they
/// can), and rules for outcomes. Besides these: a branch to a non-canonical address raises #GP at its target (as older CPUs do for returns), not at the
/// branch, because the branch hash does not know where it was reached from.
/// </summary>
internal static class KnownDifferences
{
    private const string Clock = "its result changes between two runs";
    private const string Random = "its result is random";
    private const string XenState = "shows state that Xen virtualises";
    private const string HintSpace = "MPX is not offered: its encodings are long nops, which are compared as such";
    private const string Selectors = "selectors differ between the host process and a PV guest";

    public static IReadOnlyDictionary<Mnemonic, string> Excluded { get; } = new Dictionary<Mnemonic, string>
    {
        [Mnemonic.Rdtsc] = Clock,
        [Mnemonic.Rdtscp] = Clock,
        [Mnemonic.Rdrand] = Random,
        [Mnemonic.Rdseed] = Random,
        [Mnemonic.Rdpid] = XenState,
        [Mnemonic.Xgetbv] = XenState,
        [Mnemonic.Sgdt] = XenState,
        [Mnemonic.Sidt] = XenState,
        [Mnemonic.Sldt] = XenState,
        [Mnemonic.Str] = XenState,
        [Mnemonic.Smsw] = XenState,
        [Mnemonic.Bndcl] = HintSpace,
        [Mnemonic.Bndcn] = HintSpace,
        [Mnemonic.Bndcu] = HintSpace,
        [Mnemonic.Bndldx] = HintSpace,
        [Mnemonic.Bndmk] = HintSpace,
        [Mnemonic.Bndmov] = HintSpace,
        [Mnemonic.Bndstx] = HintSpace,
        [Mnemonic.Lss] = Selectors,
        [Mnemonic.Lfs] = Selectors,
        [Mnemonic.Lgs] = Selectors,
        [Mnemonic.Iret] = Selectors,
        [Mnemonic.Iretd] = Selectors,
        [Mnemonic.Iretq] = Selectors,
        [Mnemonic.Retf] = Selectors,
    };

    /// <summary>Forms of otherwise compared mnemonics.</summary>
    public static IReadOnlyDictionary<Code, string> ExcludedCodes { get; } = new Dictionary<Code, string>
    {
        [Code.Movsxd_r16_rm16] = "AMD reads four bytes, Intel two; no compiler emits it",
        [Code.Popw_FS] = Selectors,
        [Code.Popq_FS] = Selectors,
        [Code.Popw_GS] = Selectors,
        [Code.Popq_GS] = Selectors,
        [Code.Jmp_m1616] = Selectors,
        [Code.Jmp_m1632] = Selectors,
        [Code.Jmp_m1664] = Selectors,
        [Code.Call_m1616] = Selectors,
        [Code.Call_m1632] = Selectors,
        [Code.Call_m1664] = Selectors,
    };

    /// <summary>
    /// True for instructions that store the address of the last x87 instruction: it is the translated code's (not compared: images of single instructions
    /// are compared without it, pieces of code do without these instructions).
    /// </summary>
    public static bool StoresPointers(Mnemonic mnemonic) => mnemonic is Mnemonic.Fnstenv or Mnemonic.Fstenv or Mnemonic.Fnsave or Mnemonic.Fsave or Mnemonic.Fxsave or Mnemonic.Fxsave64;

    /// <summary>
    /// Differences that are allowed by a rule. (1) At a fault, flags that the faulting instruction overwrites anyway may be lost: liveness counts them
    /// dead, and restoring them costs every such access. (2) x87 environments and states are microcoded: the CPU reports the address of one of their
    /// pieces, the translator the first byte of the page. (3) When both operands of
    /// cmps fault, the CPU may report either. (4) See <see cref="ForgiveHostMappings"/>.
    /// </summary>
    public static void Forgive(in Instruction instruction, InstructionFacts facts, MachineState native, MachineState translated, ref ulong ignoredFlags)
    {
        if (native.Vector != 3 && native.Rip == instruction.IP)
        {
            ignoredFlags |= Comparison.Bits(facts.FlagsKilled);
        }

        ForgiveHostMappings(native, translated);
        if (native.Vector == 14 && translated.Vector == 14 && instruction.Mnemonic is Mnemonic.Cmpsb or Mnemonic.Cmpsw or Mnemonic.Cmpsd or Mnemonic.Cmpsq)
        {
            translated.FaultAddress = native.FaultAddress;
            translated.ErrorCode = native.ErrorCode;
        }

        if (native.Vector == 14 && facts.Has(InstructionTraits.X87) && (native.FaultAddress ^ translated.FaultAddress) < AddressMap.Page)
        {
            translated.FaultAddress = native.FaultAddress;
        }
    }

    /// <summary>True if both machines refuse a branch to a non-canonical address, each in its place: see the type's summary.</summary>
    public static bool IsRefusedBranch(in Instruction instruction, MachineState native, MachineState translated) =>
        native.Vector == 13 && translated.Vector == 13 && (long)(translated.Rip << 16) >> 16 != (long)translated.Rip
        && instruction.FlowControl is FlowControl.IndirectBranch or FlowControl.IndirectCall or FlowControl.Return;

    /// <summary>A wild address outside the test's regions may be mapped in the host process (its kernel's half is): only then the P bit may differ.</summary>
    public static void ForgiveHostMappings(MachineState native, MachineState translated)
    {
        const uint present = 1;
        if (native.Vector == 14 && !AddressMap.Regions.Any(region => native.FaultAddress - region.Address < (ulong)region.Size))
        {
            native.ErrorCode &= ~present;
            translated.ErrorCode &= ~present;
        }
    }
}
