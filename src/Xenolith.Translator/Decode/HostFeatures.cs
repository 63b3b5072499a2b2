using System.Runtime.Intrinsics.X86;
using Iced.Intel;

namespace Xenolith.Translator.Decode;

/// <summary>Which of the younger offered instruction sets the host has. The older ones come with AVX2 and BMI2, which the engine requires.</summary>
internal static class HostFeatures
{
    private enum Output
    {
        Eax,
        Ebx,
        Ecx,
    }

    private static readonly (CpuidFeature Feature, uint Leaf, int Subleaf, Output Register, int Bit)[] s_young =
    [
        (CpuidFeature.ADX, 7, 0, Output.Ebx, 19),
        (CpuidFeature.RDSEED, 7, 0, Output.Ebx, 18),
        (CpuidFeature.CLFLUSHOPT, 7, 0, Output.Ebx, 23),
        (CpuidFeature.CLWB, 7, 0, Output.Ebx, 24),
        (CpuidFeature.SHA, 7, 0, Output.Ebx, 29),
        (CpuidFeature.GFNI, 7, 0, Output.Ecx, 8),
        (CpuidFeature.VAES, 7, 0, Output.Ecx, 9),
        (CpuidFeature.VPCLMULQDQ, 7, 0, Output.Ecx, 10),
        (CpuidFeature.MOVDIRI, 7, 0, Output.Ecx, 27),
        (CpuidFeature.AVX_VNNI, 7, 1, Output.Eax, 4),
        (CpuidFeature.SSE4A, 0x8000_0001, 0, Output.Ecx, 6),
        (CpuidFeature.CLZERO, 0x8000_0008, 0, Output.Ebx, 0),
    ];

    private static readonly CpuidFeature[] s_missing = [.. s_young.Where(row => !HostSays(row.Leaf, row.Subleaf, row.Register, row.Bit)).Select(row => row.Feature)];

    /// <summary>False if the host is known to lack an instruction set.</summary>
    public static bool Has(CpuidFeature feature) => Array.IndexOf(s_missing, feature) < 0;

    private static bool HostSays(uint leaf, int subleaf, Output register, int bit)
    {
        if ((uint)X86Base.CpuId((int)(leaf & 0x8000_0000), 0).Eax < leaf)
        {
            return false;
        }

        var (eax, ebx, ecx, _) = X86Base.CpuId((int)leaf, subleaf);
        var value = register switch { Output.Eax => eax, Output.Ebx => ebx, _ => ecx };
        return ((value >> bit) & 1) != 0;
    }
}
