using Iced.Intel;

namespace Xenolith.Translator.Decode;

/// <summary>
/// Instruction sets that the translator executes. An instruction that belongs to another set is #UD in the guest whatever the host
/// can do; CPUID is masked to match by <c>CpuidPolicy</c>. A set listed here that the host lacks is #UD too.
/// </summary>
internal static class OfferedFeatures
{
    private static readonly CpuidFeature[] s_offered =
    [
        CpuidFeature.INTEL8086, CpuidFeature.INTEL186, CpuidFeature.INTEL286, CpuidFeature.INTEL386, CpuidFeature.INTEL486,
        CpuidFeature.INTEL8086_ONLY, CpuidFeature.X64, CpuidFeature.CPUID, CpuidFeature.CX8, CpuidFeature.CMPXCHG16B,
        CpuidFeature.CMOV, CpuidFeature.TSC, CpuidFeature.RDTSCP, CpuidFeature.RDPID, CpuidFeature.RDPMC, CpuidFeature.MSR,
        CpuidFeature.SYSCALL, CpuidFeature.SEP, CpuidFeature.MULTIBYTENOP, CpuidFeature.PAUSE, CpuidFeature.CET_IBT,
        CpuidFeature.FPU, CpuidFeature.FPU287, CpuidFeature.FPU387, CpuidFeature.FXSR, CpuidFeature.MMX,
        CpuidFeature.SSE, CpuidFeature.SSE2, CpuidFeature.SSE3, CpuidFeature.SSSE3, CpuidFeature.SSE4_1, CpuidFeature.SSE4_2,
        CpuidFeature.SSE4A, CpuidFeature.POPCNT, CpuidFeature.LZCNT, CpuidFeature.BMI1, CpuidFeature.BMI2, CpuidFeature.ADX,
        CpuidFeature.MOVBE, CpuidFeature.AES, CpuidFeature.PCLMULQDQ, CpuidFeature.SHA, CpuidFeature.GFNI, CpuidFeature.VAES,
        CpuidFeature.VPCLMULQDQ, CpuidFeature.AVX, CpuidFeature.AVX2, CpuidFeature.FMA, CpuidFeature.F16C, CpuidFeature.AVX_VNNI,
        CpuidFeature.XSAVE, CpuidFeature.XSAVEC, CpuidFeature.XSAVEOPT, CpuidFeature.RDRAND, CpuidFeature.RDSEED,
        CpuidFeature.FSGSBASE, CpuidFeature.CLFSH, CpuidFeature.CLFLUSHOPT, CpuidFeature.CLWB, CpuidFeature.CLZERO,
        CpuidFeature.PREFETCHW, CpuidFeature.PREFETCHITI, CpuidFeature.PREFETCHWT1, CpuidFeature.CLDEMOTE, CpuidFeature.MOVDIRI,
        CpuidFeature.INVPCID, CpuidFeature.SMAP, CpuidFeature.WBNOINVD,
    ];

    private static readonly bool[] s_isOffered = Index();

    /// <summary>True if every instruction set that the code belongs to is offered.</summary>
    public static bool Allow(Code code)
    {
        var encoding = code.Encoding();
        if (encoding is not (EncodingKind.Legacy or EncodingKind.VEX))
        {
            return false;
        }

        foreach (var feature in code.CpuidFeatures())
        {
            if ((uint)feature >= (uint)s_isOffered.Length || !s_isOffered[(int)feature] || !HostFeatures.Has(feature))
            {
                return false;
            }
        }

        return true;
    }

    private static bool[] Index()
    {
        var index = new bool[(int)s_offered.Max() + 1];
        foreach (var feature in s_offered)
        {
            index[(int)feature] = true;
        }

        return index;
    }
}
