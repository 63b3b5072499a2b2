using Xenolith.Toolstack.Hosts;

namespace Xenolith.Tests.Unit.Toolstack;

/// <summary>design, "Domain-0 is the host": memory figures and refusals.</summary>
public sealed class MemoryPromisesTests
{
    private const long Gib = 1024 * 1024;

    [Theory]
    [InlineData(4, 1024)]
    [InlineData(24, 2457)]
    [InlineData(512, 8192)]
    public void Domain0_keeps_a_tenth_at_least_1_and_at_most_8_GiB(long totalGib, long mib) =>
        Assert.Equal(mib, MemoryPromises.DefaultDomain0Kib(totalGib * Gib) / 1024);

    [Fact]
    public void Free_is_total_without_domain0_and_promises() =>
        Assert.Equal(5 * Gib, new MemoryPromises(8 * Gib, 1 * Gib, 2 * Gib, 8 * Gib).FreeKib);

    [Fact]
    public void What_fits_is_not_refused() => Assert.Null(new MemoryPromises(8 * Gib, Gib, 0, 8 * Gib).Refuse("guest", 7 * Gib));

    [Fact]
    public void What_does_not_fit_is_refused_with_the_figures() =>
        Assert.Equal(
            "not enough free memory for domain guest: it asks for 6144 MiB, 5120 MiB are free (total 8192, Domain-0 1024, promised to other domains 2048). "
            + "Lower `memory`/`maxmem`, destroy a domain, or lower dom0_mem.",
            new MemoryPromises(8 * Gib, Gib, 2 * Gib, 8 * Gib).Refuse("guest", 6 * Gib));

    [Theory]
    [InlineData(512, 1024, 1024, null)]
    [InlineData(6144, 1024, 1024, null)]
    [InlineData(6145, 1024, 1024, "it asks for 6145 MiB, has been promised 1024 MiB, and 5120 MiB are free (total 8192, Domain-0 1024, promised to all domains 2048)")]
    [InlineData(4000, 1024, 100, "it asks for 4000 MiB and has 100 MiB, but the host's kernel has only 3072 MiB available")]
    public void Growth_counts_what_was_promised_before(long wanted, long promised, long present, string? refusal)
    {
        var memory = new MemoryPromises(8 * Gib, Gib, 2 * Gib, present < 1024 ? 3 * Gib : 8 * Gib);

        var answer = memory.RefuseGrowth("guest", wanted * 1024, promised * 1024, present * 1024);

        Assert.Equal(refusal is null, answer is null);
        Assert.Contains(refusal ?? string.Empty, answer ?? string.Empty);
    }

    [Fact]
    public void What_the_kernel_has_not_available_is_refused() =>
        Assert.Contains("only 512 MiB available", new MemoryPromises(8 * Gib, Gib, 0, Gib / 2).Refuse("guest", Gib));
}
