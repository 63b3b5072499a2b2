using Xenolith.Machine.Privileged;
using Xenolith.Machine.Time;

namespace Xenolith.Tests.Unit.Machine.Privileged;

/// <summary>What CPUID says of the domain itself.</summary>
public sealed class CpuidTableTests
{
    private static readonly CpuidTable Four = new(4, new SystemTime(2_600_000_000));

    [Fact]
    public void There_is_one_core_a_vcpu()
    {
        var one = Four.Read(1, 0, 1, 0, forced: false);

        Assert.Equal(4u, (one.Ebx >> 16) & 0xff);
        Assert.NotEqual(0u, one.Edx & (1u << 28));
        Assert.NotEqual(0u, one.Ecx & (1u << 31));
        Assert.Equal(0u, new CpuidTable(1, new SystemTime(1_000_000_000)).Read(1, 0, 1, 0, forced: false).Edx & (1u << 28));
    }

    [Theory]
    [InlineData(0UL, false, false)]
    [InlineData(1UL << 18, false, true)]
    [InlineData(0UL, true, true)]
    public void Osxsave_follows_cr4_and_is_always_shown_to_the_forced_form(ulong cr4, bool forced, bool shown)
        => Assert.Equal(shown, (Four.Read(1, 0, 1, cr4, forced).Ecx & (1u << 27)) != 0);

    [Fact]
    public void The_extended_states_size_follows_xcr0()
    {
        Assert.Equal(576u, Four.Read(0xd, 0, 3, 0, forced: false).Ebx);
        if ((Four.Xcr0Mask & 4) != 0)
        {
            Assert.Equal((832u, 832u), (Four.Read(0xd, 0, 7, 0, forced: false).Ebx, Four.Read(0xd, 0, 3, 0, forced: false).Ecx));
        }
    }

    [Fact]
    public void Leaves_beyond_the_end_are_zero()
    {
        Assert.Equal(default, Four.Read(0xe, 0, 7, 0, forced: false));
        Assert.Equal(default, Four.Read(0x4000_0006, 0, 7, 0, forced: false));
        Assert.Equal(default, Four.Read(0x8000_0022, 0, 7, 0, forced: false));
        Assert.Equal(default, Four.Read(uint.MaxValue, uint.MaxValue, 7, 0, forced: false));
    }

    [Fact]
    public void Nothing_of_what_we_do_not_run_is_shown()
    {
        var features = Four.Read(7, 0, 7, 0, forced: false);
        const uint Smep = 1u << 7, Mpx = 1u << 14, Avx512 = 1u << 16, Smap = 1u << 20, Pku = 1u << 3, Umip = 1u << 2, ShadowStack = 1u << 7;

        Assert.Equal(0u, features.Ebx & (Smep | Mpx | Avx512 | Smap));
        Assert.Equal(0u, features.Ecx & (Pku | Umip | ShadowStack));
    }
}
