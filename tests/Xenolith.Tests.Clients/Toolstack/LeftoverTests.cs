using Xenolith.Tests.Guests;

namespace Xenolith.Tests.Clients.Toolstack;

/// <summary><c>xl doctor</c> after an accident.</summary>
[Collection("guests")]
public sealed class LeftoverTests : CallerHost
{
    [Fact]
    public void Doctor_removes_what_the_dead_left_and_nothing_of_the_living()
    {
        XlOk("create", "-p", Config("lives", "run=sleep,1000"));
        XlOk("create", "-p", Config("dead", "run=sleep,1000"));
        Run("xenstore-write", "/local/domain/77/name", "ghost", "/libxl/77/type", "pv");
        var nodes = Run("xenstore-ls", "-f", "/local/domain/1").Output;
        foreach (var pid in Processes("dead"))
            Kill(pid);
        Eventually(() => Processes("dead").Count == 0, "a killed process lives");

        var said = XlOk("doctor").Output;
        Assert.Matches("good  leftovers        removed: .*store node /local/domain/77", said);
        Assert.Contains("store node /libxl/77", said);
        Assert.Contains("good  store            xenstored runs and answers\n", said);
        Assert.Equal("lives", Assert.Single(List()).Name);
        Assert.Equal(nodes, Run("xenstore-ls", "-f", "/local/domain/1").Output);
        Assert.Equal("1\n", Run("xenstore-list", "/libxl").Output);
        Assert.Contains("good  leftovers        none\n", XlOk("doctor").Output);
    }
}
