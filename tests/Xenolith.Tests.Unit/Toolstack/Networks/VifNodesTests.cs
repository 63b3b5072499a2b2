using Xenolith.Config.Nics;
using Xenolith.Toolstack.Devices;
using Xenolith.Toolstack.Devices.Nics;
using Xenolith.Toolstack.Networks;

namespace Xenolith.Tests.Unit.Toolstack.Networks;

/// <summary>The store's nodes of a vif, as real Xen had them.</summary>
public sealed class VifNodesTests
{
    private static readonly NicConfig Nic = new() { DeviceId = 0, Mac = "00:16:3e:12:34:56", Bridge = "xenbr0" };

    private static readonly NetworkWay Way =
        new(WayKind.Script, "xenbr0", "asked for") { Script = "/etc/xen/scripts/vif-bridge", Interface = "vif1.0" };

    [Fact]
    public void A_vif_on_a_bridge_has_the_nodes_it_has_under_Xen()
    {
        var nodes = VifNodes.Of(Nic, Way, 1, 1500).ToWrite(new("vif", 1, 0)).ToDictionary(n => n.Path, n => n.Value);

        // What libxl had written by then, from the store of a running domain (its states as at the beginning).
        foreach (var (path, value) in (ReadOnlySpan<(string, string)>)
            [
                ("/libxl/1/device/vif/0/backend", "/local/domain/0/backend/vif/1/0"), ("/libxl/1/device/vif/0/bridge", "xenbr0"),
                ("/libxl/1/device/vif/0/frontend", "/local/domain/1/device/vif/0"), ("/libxl/1/device/vif/0/frontend-id", "1"),
                ("/libxl/1/device/vif/0/handle", "0"), ("/libxl/1/device/vif/0/hotplug-status", ""),
                ("/libxl/1/device/vif/0/mac", "00:16:3e:12:34:56"), ("/libxl/1/device/vif/0/online", "1"),
                ("/libxl/1/device/vif/0/script", "/etc/xen/scripts/vif-bridge"), ("/libxl/1/device/vif/0/state", "1"),
                ("/libxl/1/device/vif/0/type", "vif"),
                ("/local/domain/0/backend/vif/1/0/bridge", "xenbr0"), ("/local/domain/0/backend/vif/1/0/frontend", "/local/domain/1/device/vif/0"),
                ("/local/domain/0/backend/vif/1/0/frontend-id", "1"), ("/local/domain/0/backend/vif/1/0/handle", "0"),
                ("/local/domain/0/backend/vif/1/0/mac", "00:16:3e:12:34:56"), ("/local/domain/0/backend/vif/1/0/online", "1"),
                ("/local/domain/0/backend/vif/1/0/script", "/etc/xen/scripts/vif-bridge"), ("/local/domain/0/backend/vif/1/0/state", "1"),
                ("/local/domain/0/backend/vif/1/0/type", "vif"), ("/local/domain/0/backend/vif/1/0/hotplug-status", ""),
                ("/local/domain/1/device/vif/0/backend", "/local/domain/0/backend/vif/1/0"), ("/local/domain/1/device/vif/0/backend-id", "0"),
                ("/local/domain/1/device/vif/0/handle", "0"), ("/local/domain/1/device/vif/0/mac", "00:16:3e:12:34:56"),
                ("/local/domain/1/device/vif/0/mtu", "1500"), ("/local/domain/1/device/vif/0/state", "1"), ("/local/domain/1/device/vif/0/trusted", "1"),
            ])
        {
            Assert.True(nodes.Remove(path, out var written), path);
            Assert.Equal(value, written);
        }

        Assert.All(nodes, node => Assert.Empty(node.Value)); // nothing but parents is left
    }

    [Fact]
    public void What_was_said_of_it_is_written()
    {
        Assert.True(NicSpec.TryParse("ip=10.0.0.2 10.0.1.0/24,rate=1MB/s@20ms,mtu=9000,vifname=web0,gatewaydev=eth0,vlan=1p/2,untrusted,bridge=br0,mac=00:16:3e:00:00:01", 3, out var nic, out _));

        var nodes = VifNodes.Of(nic, Way with { Network = "br0" }, 5, 9000);

        foreach (var node in ((string, string)[])
            [
                ("ip", "10.0.0.2 10.0.1.0/24"), ("rate", "20000,20000"), ("mtu", "9000"), ("vifname", "web0"), ("gatewaydev", "eth0"), ("vlan", "1p/2"),
                ("bridge", "br0"), ("handle", "3"),
            ])
        {
            Assert.Contains(node, nodes.Backend);
        }

        Assert.Contains(("trusted", "0"), nodes.Frontend);
        Assert.Equal([("mtu", "9000")], nodes.ReadOnlyFrontend);
    }
}
