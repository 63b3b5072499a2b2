namespace Xenolith.Engine.Cpuid;

/// <summary>Feature bits by name, each group one register of one leaf, as the processor manuals number them.</summary>
internal static class CpuidBits
{
    /// <summary>Leaf 1, EDX.</summary>
    public const uint Fpu = 1u << 0, DebugExtensions = 1u << 2, Tsc = 1u << 4, Msr = 1u << 5, Pae = 1u << 6, MachineCheck = 1u << 7, CompareExchange8 = 1u << 8,
        Apic = 1u << 9, Sysenter = 1u << 11, MachineCheckArchitecture = 1u << 14, ConditionalMove = 1u << 15, PageAttributes = 1u << 16, CacheLineFlush = 1u << 19,
        Acpi = 1u << 22, Mmx = 1u << 23, Fxsr = 1u << 24, Sse = 1u << 25, Sse2 = 1u << 26, SelfSnoop = 1u << 27, HyperThreading = 1u << 28;

    /// <summary>Leaf 1, ECX.</summary>
    public const uint Sse3 = 1u << 0, Pclmulqdq = 1u << 1, Ssse3 = 1u << 9, Fma = 1u << 12, CompareExchange16 = 1u << 13, Sse41 = 1u << 19, Sse42 = 1u << 20,
        Movbe = 1u << 22, Popcnt = 1u << 23, Aes = 1u << 25, Xsave = 1u << 26, OsXsave = 1u << 27, Avx = 1u << 28, F16c = 1u << 29, Rdrand = 1u << 30,
        Hypervisor = 1u << 31;

    /// <summary>Leaf 7 subleaf 0, EBX.</summary>
    public const uint FsGsBase = 1u << 0, Bmi1 = 1u << 3, Avx2 = 1u << 5, Bmi2 = 1u << 8, FastStrings = 1u << 9, Rdseed = 1u << 18, Adx = 1u << 19,
        ClflushOpt = 1u << 23, Clwb = 1u << 24, Sha = 1u << 29;

    /// <summary>Leaf 7 subleaf 0, ECX.</summary>
    public const uint Gfni = 1u << 8, Vaes = 1u << 9, Vpclmulqdq = 1u << 10, Rdpid = 1u << 22, Cldemote = 1u << 25, Movdiri = 1u << 27;

    /// <summary>Leaf 7 subleaf 1, EAX.</summary>
    public const uint AvxVnni = 1u << 4;

    /// <summary>Leaf 0xD subleaf 0, EAX: components of the extended state.</summary>
    public const uint StateX87 = 1u << 0, StateSse = 1u << 1, StateAvx = 1u << 2;

    /// <summary>Leaf 0xD subleaf 1, EAX.</summary>
    public const uint XsaveOpt = 1u << 0, XsaveC = 1u << 1, Xgetbv1 = 1u << 2;

    /// <summary>Leaf 0x80000001, EDX.</summary>
    public const uint Syscall = 1u << 11, NoExecute = 1u << 20, MmxExtensions = 1u << 22, FastFxsr = 1u << 25, Rdtscp = 1u << 27, LongMode = 1u << 29;

    /// <summary>Leaf 0x80000001, ECX.</summary>
    public const uint LahfInLongMode = 1u << 0, CompleteLegacy = 1u << 1, Lzcnt = 1u << 5, Sse4a = 1u << 6, MisalignedSse = 1u << 7, Prefetch = 1u << 8;

    /// <summary>Leaf 0x80000007, EDX.</summary>
    public const uint InvariantTsc = 1u << 8;

    /// <summary>Leaf 0x80000008, EBX.</summary>
    public const uint Clzero = 1u << 0, FpuErrorPointers = 1u << 2, StoreBypassSafe = 1u << 26, BranchTypeConfusionSafe = 1u << 29;

    /// <summary>Leaf 0x80000021, EAX.</summary>
    public const uint LfenceSerialising = 1u << 2, NullSelectorClearsBase = 1u << 6, AutomaticIbrs = 1u << 8, ReturnOverflowSafe = 1u << 29;
}
