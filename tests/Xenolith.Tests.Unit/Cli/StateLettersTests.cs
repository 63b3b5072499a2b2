using Xenolith.Cli.Xl;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Tests.Unit.Cli;

public sealed class StateLettersTests
{
    [Theory]
    [InlineData("---s--", 0, false)]
    [InlineData("---sr-", 1, false)]
    [InlineData("---ss-", 2, false)]
    [InlineData("---sc-", 3, false)]
    [InlineData("---sw-", 4, false)]
    [InlineData("---sS-", 5, false)]
    [InlineData("---s-d", 0, true)]
    [InlineData("-----d", 1, true)]
    [InlineData("-----d", 2, true)]
    [InlineData("---scd", 3, true)]
    [InlineData("-----d", 4, true)]
    [InlineData("-----d", null, true)]
    public void A_domain_at_its_end_has_letters_that_callers_know(string letters, int? reason, bool dying) =>
        Assert.Equal(letters, StateLetters.Of(new DomainSummary
        {
            Domid = 1,
            Name = "a",
            Uuid = Guid.Empty,
            MemoryKib = 0,
            MaximumKib = 0,
            Vcpus = 1,
            ShutdownReason = reason,
            Dying = dying,
        }));
}
