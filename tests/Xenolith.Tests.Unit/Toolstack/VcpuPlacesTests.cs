using System.Collections.Immutable;
using CsCheck;
using Xenolith.Config.Processors;
using Xenolith.Toolstack.Resources;

namespace Xenolith.Tests.Unit.Toolstack;

/// <summary>Affinities and weights.</summary>
public sealed class VcpuPlacesTests
{
    [Fact]
    public void What_is_written_is_read() => Gen.Int[0, 7].HashSet[0, 8].Sample(cpus =>
    {
        var text = CpuSet.Format(cpus, 8);
        return text == "none" ? cpus.Count == 0 : CpuSet.TryParse(text, 8, out var read, out _) && cpus.SetEquals(read);
    });

    [Theory]
    [InlineData("0-3,5,^1", "0,2-3,5")]
    [InlineData("all", "all")]
    [InlineData("9", "none")]
    public void Sets_look_as_xens(string text, string shown)
    {
        Assert.True(CpuSet.TryParse(text, 8, out var cpus, out _));
        Assert.Equal(shown, CpuSet.Format(cpus, 8));
    }

    [Fact]
    public void One_vcpu_or_all_get_another_place()
    {
        ImmutableArray<ImmutableArray<int>> sets = [[0], [1]];

        Assert.Equal("0;1;all", VcpuPlaces.Text(sets, 3, 4));
        Assert.Equal("0;2-3;all", VcpuPlaces.Text(VcpuPlaces.With(sets, 3, 1, [2, 3], 4), 3, 4));
        Assert.Equal("1;1;1", VcpuPlaces.Text(VcpuPlaces.With(sets, 3, -1, [1], 4), 3, 4));
        Assert.Equal(("2-3", "all"), (VcpuPlaces.Of("0;2-3", 1), VcpuPlaces.Of("0;2-3", 2)));
    }

    [Fact]
    public void A_soft_affinity_counts_as_far_as_the_hard_one_allows()
    {
        Assert.Equal([1], VcpuPlaces.Effective([0, 1], [1, 2]));
        Assert.Equal([0], VcpuPlaces.Effective([0], [1, 2]));
    }

    [Theory]
    [InlineData(256, 0)]
    [InlineData(512, -3)]
    [InlineData(128, 3)]
    [InlineData(1, 19)]
    [InlineData(65535, -20)]
    public void A_weight_is_a_nice_value_where_there_is_no_cgroup(int weight, int nice) => Assert.Equal(nice, CpuShares.NiceOf(weight));
}
