using CsCheck;
using Xenolith.Config;
using Xenolith.Config.Nics;
using Xenolith.Toolstack.Networks;

namespace Xenolith.Tests.Unit.Toolstack.Networks;

/// <summary>Addresses of interfaces: given once, and one holder in each network.</summary>
public sealed class MacAddressesTests
{
    [Fact]
    public void Missing_addresses_are_Xens_and_differ_and_given_ones_stay() => Gen.Int[0, 40].Sample(count =>
    {
        var given = new NicConfig { DeviceId = 0, Mac = "aa:00:00:d1:00:09" };
        var config = Domain("a", [given, .. Enumerable.Range(1, count).Select(id => new NicConfig { DeviceId = id })]);

        var complete = MacAddresses.Complete(config);

        Assert.Equal(given, complete.Nics[0]);
        Assert.All(complete.Nics.Skip(1), nic => Assert.Matches("^00:16:3e:[0-7][0-9a-f]:[0-9a-f]{2}:[0-9a-f]{2}$", nic.Mac));
        Assert.Equal(count + 1, complete.Nics.Select(nic => nic.Mac).Distinct().Count());
        Assert.Equal(complete, MacAddresses.Complete(complete)); // a restart keeps them
    });

    [Fact]
    public void An_address_that_another_domain_has_on_the_same_bridge_is_refused_by_name() =>
        Assert.Equal(
            "vif 1 of domain b: the address 00:16:3e:00:00:01 is in use on br0 by a vif of domain a. Give it another `mac', or leave `mac' out for a random one.",
            Conflict([Nic(0, "br1"), Nic(1, "br0")], ("a", Nic(0, "br0"))));

    [Fact]
    public void Twice_in_one_domain_is_refused_too() => Assert.Contains("by another vif of domain b", Conflict([Nic(0, "br0"), Nic(1, "br0")]));

    [Fact]
    public void The_same_address_in_another_network_is_nobodys_business() =>
        Assert.Null(Conflict([Nic(0, "br0"), Nic(1, "br1"), Nic(2, null), Nic(3, null)], ("a", Nic(0, "br2")), ("a", Nic(1, null))));

    private static string? Conflict(NicConfig[] nics, params (string, NicConfig)[] living) => MacAddresses.Conflict(Domain("b", nics), nic => nic.Bridge, living);

    private static NicConfig Nic(int id, string? bridge) => new() { DeviceId = id, Mac = "00:16:3e:00:00:01", Bridge = bridge };

    private static DomainConfig Domain(string name, NicConfig[] nics) => new() { Name = name, Uuid = Guid.Empty, Nics = [.. nics] };
}
