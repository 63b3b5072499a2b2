using Iced.Intel;
using Xenolith.Engine.Cpuid;
using Xenolith.Translator.Decode;

namespace Xenolith.Tests.Unit.Translator.Decode;

/// <summary>CPUID shows what the instruction table runs, and nothing that it refuses.</summary>
public sealed class CpuidHonestyTests
{
    private static readonly (string Name, uint Leaf, uint Subleaf, CpuidRegister Register, int Bit, Code Code)[] s_features =
    [
        ("cx8", 1, 0, CpuidRegister.Edx, 8, Code.Cmpxchg8b_m64),
        ("cmov", 1, 0, CpuidRegister.Edx, 15, Code.Cmove_r32_rm32),
        ("mmx", 1, 0, CpuidRegister.Edx, 23, Code.Emms),
        ("fxsr", 1, 0, CpuidRegister.Edx, 24, Code.Fxsave_m512byte),
        ("sse", 1, 0, CpuidRegister.Edx, 25, Code.Addps_xmm_xmmm128),
        ("sse2", 1, 0, CpuidRegister.Edx, 26, Code.Addpd_xmm_xmmm128),
        ("sse3", 1, 0, CpuidRegister.Ecx, 0, Code.Lddqu_xmm_m128),
        ("pclmulqdq", 1, 0, CpuidRegister.Ecx, 1, Code.Pclmulqdq_xmm_xmmm128_imm8),
        ("monitor", 1, 0, CpuidRegister.Ecx, 3, Code.Monitorq),
        ("vmx", 1, 0, CpuidRegister.Ecx, 5, Code.Vmcall),
        ("ssse3", 1, 0, CpuidRegister.Ecx, 9, Code.Pshufb_xmm_xmmm128),
        ("fma", 1, 0, CpuidRegister.Ecx, 12, Code.VEX_Vfmadd132ps_xmm_xmm_xmmm128),
        ("cx16", 1, 0, CpuidRegister.Ecx, 13, Code.Cmpxchg16b_m128),
        ("sse4.1", 1, 0, CpuidRegister.Ecx, 19, Code.Ptest_xmm_xmmm128),
        ("sse4.2", 1, 0, CpuidRegister.Ecx, 20, Code.Crc32_r32_rm32),
        ("movbe", 1, 0, CpuidRegister.Ecx, 22, Code.Movbe_r32_m32),
        ("popcnt", 1, 0, CpuidRegister.Ecx, 23, Code.Popcnt_r32_rm32),
        ("aes", 1, 0, CpuidRegister.Ecx, 25, Code.Aesenc_xmm_xmmm128),
        ("xsave", 1, 0, CpuidRegister.Ecx, 26, Code.Xsave_mem),
        ("avx", 1, 0, CpuidRegister.Ecx, 28, Code.VEX_Vaddps_ymm_ymm_ymmm256),
        ("f16c", 1, 0, CpuidRegister.Ecx, 29, Code.VEX_Vcvtph2ps_xmm_xmmm64),
        ("rdrand", 1, 0, CpuidRegister.Ecx, 30, Code.Rdrand_r32),
        ("fsgsbase", 7, 0, CpuidRegister.Ebx, 0, Code.Rdfsbase_r64),
        ("bmi1", 7, 0, CpuidRegister.Ebx, 3, Code.VEX_Andn_r32_r32_rm32),
        ("avx2", 7, 0, CpuidRegister.Ebx, 5, Code.VEX_Vpaddb_ymm_ymm_ymmm256),
        ("bmi2", 7, 0, CpuidRegister.Ebx, 8, Code.VEX_Rorx_r32_rm32_imm8),
        ("rtm", 7, 0, CpuidRegister.Ebx, 11, Code.Xbegin_rel32),
        ("avx512f", 7, 0, CpuidRegister.Ebx, 16, Code.EVEX_Vaddps_zmm_k1z_zmm_zmmm512b32_er),
        ("sgx", 7, 0, CpuidRegister.Ebx, 2, Code.Enclu),
        ("pku", 7, 0, CpuidRegister.Ecx, 3, Code.Wrpkru),
        ("waitpkg", 7, 0, CpuidRegister.Ecx, 5, Code.Tpause_r32),
        ("rdpid", 7, 0, CpuidRegister.Ecx, 22, Code.Rdpid_r64),
        ("movdir64b", 7, 0, CpuidRegister.Ecx, 28, Code.Movdir64b_r64_m512),
        ("enqcmd", 7, 0, CpuidRegister.Ecx, 29, Code.Enqcmd_r64_m512),
        ("serialize", 7, 0, CpuidRegister.Edx, 14, Code.Serialize),
        ("amx-tile", 7, 0, CpuidRegister.Edx, 24, Code.VEX_Tilerelease),
        ("xsaveopt", 0xD, 1, CpuidRegister.Eax, 0, Code.Xsaveopt_mem),
        ("xsavec", 0xD, 1, CpuidRegister.Eax, 1, Code.Xsavec_mem),
        ("xsaves", 0xD, 1, CpuidRegister.Eax, 3, Code.Xsaves_mem),
        ("syscall", 0x8000_0001, 0, CpuidRegister.Edx, 11, Code.Syscall),
        ("rdtscp", 0x8000_0001, 0, CpuidRegister.Edx, 27, Code.Rdtscp),
        ("3dnow", 0x8000_0001, 0, CpuidRegister.Edx, 31, Code.D3NOW_Pfadd_mm_mmm64),
        ("svm", 0x8000_0001, 0, CpuidRegister.Ecx, 2, Code.Vmmcall),
        ("lzcnt", 0x8000_0001, 0, CpuidRegister.Ecx, 5, Code.Lzcnt_r32_rm32),
        ("xop", 0x8000_0001, 0, CpuidRegister.Ecx, 11, Code.XOP_Vphaddbw_xmm_xmmm128),
        ("fma4", 0x8000_0001, 0, CpuidRegister.Ecx, 16, Code.VEX_Vfmaddps_xmm_xmm_xmmm128_xmm),
        ("monitorx", 0x8000_0001, 0, CpuidRegister.Ecx, 29, Code.Monitorxq),
        ("rdpru", 0x8000_0008, 0, CpuidRegister.Ebx, 4, Code.Rdpru),
    ];

    [Fact]
    public void WhatCpuidShowsTheTableRuns()
    {
        var everything = new CpuidValues(uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue);
        foreach (var (name, leaf, subleaf, register, bit, code) in s_features)
        {
            var shown = ((CpuidPolicy.Filter(leaf, subleaf, everything)[register] >> bit) & 1) != 0;
            var runs = InstructionTable.Compute(new Instruction { Code = code }).Class != InstructionClass.Undefined;
            Assert.True(shown == runs, $"{name}: CPUID shows it: {shown}; the table runs it: {runs}");
        }
    }

    [Fact]
    public void WhatTheHostLacksIsNotShown()
    {
        foreach (var rule in CpuidPolicy.Rules)
        {
            var seen = CpuidPolicy.Filter(rule.Leaf, rule.Subleaf == CpuidRule.AnySubleaf ? 0 : rule.Subleaf, default)[rule.Register];
            Assert.Equal(rule.Forced, seen);
        }
    }

    [Fact]
    public void ARegisterHasOneRule()
    {
        var doubles = CpuidPolicy.Rules.GroupBy(rule => (rule.Leaf, rule.Subleaf, rule.Register)).Where(group => group.Count() > 1);
        Assert.Empty(doubles);
        Assert.All(CpuidPolicy.Rules, rule => Assert.NotEmpty(rule.Reason));
    }
}
