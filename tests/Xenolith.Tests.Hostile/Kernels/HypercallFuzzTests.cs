using Xenolith.Abi;

namespace Xenolith.Tests.Hostile.Kernels;

/// <summary>
/// Random hypercalls with random arguments: no defect shows as an exception of ours, the domain can always be stopped, it never has more memory than it
/// may, and the books on its frames balance. The run is the same each time; XENOLITH_SEED makes another, XENOLITH_FUZZ_SECONDS a longer one.
/// </summary>
[Collection("host")]
public sealed class HypercallFuzzTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(1, 20_000)]
    [InlineData(4, 8_000)]
    public void Random_hypercalls_leave_the_books_balanced(int vcpus, int calls) => Fuzz("calls", vcpus, calls);

    [Fact]
    public void Random_bytes_that_are_executed_end_in_an_exception_of_the_guests_own() => Fuzz("code", 1, 3_000);

    private void Fuzz(string mode, int vcpus, int calls)
    {
        foreach (var seed in FuzzSeeds.Take(8))
        {
            using var domain = new FuzzedDomain($"mode={mode} seed={seed} rounds={calls}", vcpus);
            domain.Run(Longest);
            output.WriteLine($"seed {seed}: {domain.Hypercalls} hypercalls, {domain.Describe()}");

            Assert.False(domain.Domain.CrashCause?.Contains("internal error", StringComparison.Ordinal) ?? false, $"seed {seed}: {domain.Describe()}");
            Assert.True(domain.Memory.TotalPages <= domain.Memory.MaximumPages, $"seed {seed}: {domain.Memory.TotalPages} pages");
            var wrong = FrameAudit.Of(domain.Domain);
            Assert.True(wrong.Count == 0, $"seed {seed}: {wrong.Count} frames\n{string.Join('\n', wrong.Take(20))}\n{domain.Describe()}");
        }
    }
}
