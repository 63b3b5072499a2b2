using Xenolith.Host.Network;

namespace Xenolith.Tests.Unit.Host;

/// <summary>Asking about network interfaces, which needs no right.</summary>
public sealed class NetworkInterfacesTests
{
    [Fact]
    public void The_loopback_interface_is_there_and_is_no_bridge()
    {
        using var interfaces = NetworkInterfaces.Open();

        Assert.True(interfaces.Exists("lo"));
        Assert.False(interfaces.IsBridge("lo"));
        Assert.True(interfaces.MtuOf("lo") >= 1500);
    }

    [Theory]
    [InlineData("no-such-if")]
    [InlineData("")]
    [InlineData("a name that no interface can have")]
    public void Another_is_not(string name)
    {
        using var interfaces = NetworkInterfaces.Open();

        Assert.False(interfaces.Exists(name));
        Assert.False(interfaces.IsBridge(name));
    }

    [Theory]
    [InlineData("vif32751.65535", null)]
    [InlineData("123456789012345", null)]
    [InlineData("1234567890123456", "has more than 15 bytes")]
    [InlineData("", "is empty")]
    [InlineData("..", "is no name of an interface")]
    [InlineData("a b", "contains ` '")]
    public void Names(string name, string? problem) => Assert.Equal(problem, InterfaceName.Problem(name));
}
