using CsCheck;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Tests.Unit.Toolstack;

/// <summary>design, "Ids": domids count up from a persisted counter (1..32751, then wrap; a freed id rests 60 s).</summary>
public sealed class DomainIdsTests
{
    private static readonly HashSet<int> None = [];

    [Fact]
    public void They_count_up_from_one_and_the_counter_survives_its_file()
    {
        var ids = new DomainIds();
        Assert.Equal(1, ids.Take(None, 0));

        Assert.Equal(2, DomainIds.FromText(ids.ToText()).Take(None, 0));
    }

    [Fact]
    public void They_wrap_after_32751()
    {
        var ids = DomainIds.FromText("next 32751\n");

        Assert.Equal(32751, ids.Take(None, 0));
        Assert.Equal(1, ids.Take(None, 0));
    }

    [Fact]
    public void A_freed_id_rests_for_a_minute_also_over_a_restart()
    {
        var ids = DomainIds.FromText("next 7\n");
        ids.Free(7, 1000);

        Assert.Equal(8, DomainIds.FromText(ids.ToText()).Take(None, 60_999));
        Assert.Equal(7, DomainIds.FromText(ids.ToText()).Take(None, 61_000));
    }

    [Fact]
    public void An_id_in_use_is_skipped()
    {
        Assert.Equal(4, new DomainIds().Take(new HashSet<int> { 1, 2, 3 }, 0));
    }

    [Fact]
    public void With_every_id_taken_there_is_none()
    {
        Assert.Null(new DomainIds().Take(Enumerable.Range(1, DomainIds.Last).ToHashSet(), 0));
    }

    [Fact]
    public void A_damaged_file_is_a_usable_counter()
    {
        Gen.String.Sample(text => DomainIds.FromText(text).Take(None, 0) is >= 1 and <= DomainIds.Last);
    }
}
