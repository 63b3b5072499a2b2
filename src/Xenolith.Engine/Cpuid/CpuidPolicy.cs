using static Xenolith.Engine.Cpuid.CpuidBits;

namespace Xenolith.Engine.Cpuid;

/// <summary>
/// Which of the host's CPUID bits a PV guest may see: those of instructions that every engine runs exactly, and nothing else. What no rule names
/// is zero. The machine adds what is the domain's own: topology, Xen's leaves, the size of the enabled extended state, OSXSAVE from CR4.
/// </summary>
public static class CpuidPolicy
{
    private const uint All = uint.MaxValue;
    private const string Identity = "the host's own name, model and geometry: code that tunes itself by them tunes itself rightly";
    private const string Runs = "instruction sets that the translator copies and the native oracle compares";
    private const string PvPaging = "a PV guest has no PSE, PGE, PCID, SMEP, SMAP, UMIP, PKU or LA57 of its own: Xen owns the control registers";
    private const string NoBroadState = "x87, SSE and AVX only: AVX-512 and tile state are not offered, and EVEX is #UD";
    private const string Protected = "the process boundary and the host's own mitigations protect neighbours; call and return tricks are what a translator runs worst";

    private const uint Leaf1Edx = Fpu | DebugExtensions | Tsc | Msr | Pae | MachineCheck | CompareExchange8 | Apic | MachineCheckArchitecture | ConditionalMove
        | PageAttributes | CacheLineFlush | Acpi | Mmx | Fxsr | Sse | Sse2 | SelfSnoop | HyperThreading;

    // The AMD copy of leaf 1's EDX in leaf 0x80000001 has the same bits up to 17, MMX and FXSR.
    private const uint ExtendedEdxCopy = Leaf1Edx & 0x0183_F3FF;

    /// <summary>All rules; at most one for each register of a leaf and subleaf.</summary>
    public static IReadOnlyList<CpuidRule> Rules { get; } =
    [
        .. Whole(0x0, Identity),
        new(0x1, CpuidRule.AnySubleaf, CpuidRegister.Eax, All, 0, Identity),
        new(0x1, CpuidRule.AnySubleaf, CpuidRegister.Ebx, All, 0, Identity),
        new(0x1, CpuidRule.AnySubleaf, CpuidRegister.Ecx, Sse3 | Pclmulqdq | Ssse3 | Fma | CompareExchange16 | Sse41 | Sse42 | Movbe | Popcnt | Aes | Xsave | Avx | F16c | Rdrand, Hypervisor, Runs),
        new(0x1, CpuidRule.AnySubleaf, CpuidRegister.Edx, Leaf1Edx, 0, PvPaging),
        .. Whole(0x2, Identity),
        .. Whole(0x4, Identity),
        new(0x7, 0, CpuidRegister.Ebx, FsGsBase | Bmi1 | Avx2 | Bmi2 | FastStrings | Rdseed | Adx | ClflushOpt | Clwb | Sha, 0, Runs),
        new(0x7, 0, CpuidRegister.Ecx, Gfni | Vaes | Vpclmulqdq | Rdpid | Cldemote | Movdiri, 0, Runs),
        new(0x7, 0, CpuidRegister.Eax, 1, 0, "highest subleaf: what the guest may see ends with subleaf 1"),
        new(0x7, 1, CpuidRegister.Eax, AvxVnni, 0, Runs),
        new(0xD, 0, CpuidRegister.Eax, StateX87 | StateSse | StateAvx, 0, NoBroadState),
        new(0xD, 1, CpuidRegister.Eax, XsaveOpt | XsaveC | Xgetbv1, 0, "XSAVES is supervisor state, which Xen does not offer to PV guests"),
        new(0xD, 2, CpuidRegister.Eax, All, 0, NoBroadState),
        new(0xD, 2, CpuidRegister.Ebx, All, 0, NoBroadState),
        .. Whole(0x8000_0000, Identity),
        new(0x8000_0001, CpuidRule.AnySubleaf, CpuidRegister.Eax, All, 0, Identity),
        new(0x8000_0001, CpuidRule.AnySubleaf, CpuidRegister.Ebx, All, 0, Identity),
        new(0x8000_0001, CpuidRule.AnySubleaf, CpuidRegister.Ecx, LahfInLongMode | CompleteLegacy | Lzcnt | Sse4a | MisalignedSse | Prefetch, 0, "no SVM, no performance counters, no XOP and FMA4, no MONITORX"),
        new(0x8000_0001, CpuidRule.AnySubleaf, CpuidRegister.Edx, ExtendedEdxCopy | Syscall | NoExecute | MmxExtensions | FastFxsr | Rdtscp | LongMode, 0, "no 1 GiB pages in PV page tables"),
        .. Whole(0x8000_0002, Identity),
        .. Whole(0x8000_0003, Identity),
        .. Whole(0x8000_0004, Identity),
        .. Whole(0x8000_0005, Identity),
        .. Whole(0x8000_0006, Identity),
        new(0x8000_0007, CpuidRule.AnySubleaf, CpuidRegister.Edx, InvariantTsc, 0, "rdtsc runs natively"),
        new(0x8000_0008, CpuidRule.AnySubleaf, CpuidRegister.Eax, 0xFFFF, 0, "physical and linear address widths"),
        new(0x8000_0008, CpuidRule.AnySubleaf, CpuidRegister.Ebx, Clzero | FpuErrorPointers, StoreBypassSafe | BranchTypeConfusionSafe, Protected),
        .. Whole(0x8000_001D, Identity),
        new(0x8000_0021, CpuidRule.AnySubleaf, CpuidRegister.Eax, LfenceSerialising, NullSelectorClearsBase | AutomaticIbrs | ReturnOverflowSafe, Protected),
    ];

    /// <summary>What the guest sees of a leaf.</summary>
    /// <param name="leaf">EAX on input.</param>
    /// <param name="subleaf">ECX on input.</param>
    /// <param name="host">The host's values for the same input.</param>
    public static CpuidValues Filter(uint leaf, uint subleaf, CpuidValues host) => new(
        Filter(leaf, subleaf, CpuidRegister.Eax, host.Eax),
        Filter(leaf, subleaf, CpuidRegister.Ebx, host.Ebx),
        Filter(leaf, subleaf, CpuidRegister.Ecx, host.Ecx),
        Filter(leaf, subleaf, CpuidRegister.Edx, host.Edx));

    private static uint Filter(uint leaf, uint subleaf, CpuidRegister register, uint value)
    {
        foreach (var rule in Rules)
        {
            if (rule.Leaf == leaf && rule.Register == register && (rule.Subleaf == subleaf || rule.Subleaf == CpuidRule.AnySubleaf))
            {
                return (value & rule.Allowed) | rule.Forced;
            }
        }

        return 0;
    }

    private static CpuidRule[] Whole(uint leaf, string reason) =>
    [
        new(leaf, CpuidRule.AnySubleaf, CpuidRegister.Eax, All, 0, reason),
        new(leaf, CpuidRule.AnySubleaf, CpuidRegister.Ebx, All, 0, reason),
        new(leaf, CpuidRule.AnySubleaf, CpuidRegister.Ecx, All, 0, reason),
        new(leaf, CpuidRule.AnySubleaf, CpuidRegister.Edx, All, 0, reason),
    ];
}
