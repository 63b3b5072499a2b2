using Xenolith.Config.Disks;
using Xenolith.Toolstack.Control;
using Xenolith.Toolstack.Devices;
using Xenolith.Toolstack.Devices.Disks;

namespace Xenolith.Tests.Unit.Toolstack.Devices;

public sealed class VbdTests
{
    [Fact]
    public void The_nodes_are_those_of_a_Xen_host()
    {
        Assert.True(DiskSpec.TryParse("/dom/disk.img,raw,xvda,w", out var disk, out _));

        var nodes = VbdNodes.Of(disk!, 51712, 1).ToWrite(new("vbd", 1, 51712)).ToDictionary(n => n.Path, n => n);

        Assert.Equal("/dom/disk.img", nodes["/local/domain/0/backend/vbd/1/51712/params"].Value);
        Assert.Equal(["n0", "r1"], nodes["/local/domain/0/backend/vbd/1/51712/params"].Permissions);
        Assert.Equal("phy", nodes["/libxl/1/device/vbd/51712/type"].Value);
        Assert.Equal("/etc/xen/scripts/block", nodes["/libxl/1/device/vbd/51712/script"].Value);
        Assert.Equal(["n0"], nodes["/libxl/1/device/vbd/51712/script"].Permissions);
        Assert.Equal("/local/domain/0/backend/vbd/1/51712", nodes["/local/domain/1/device/vbd/51712/backend"].Value);
        Assert.Equal(["n1", "r0"], nodes["/local/domain/1/device/vbd/51712/state"].Permissions);
        Assert.Equal("51712", nodes["/local/domain/1/device/vbd/51712/virtual-device"].Value);
        Assert.Equal("1", nodes["/local/domain/1/device/vbd/51712/trusted"].Value);
        Assert.Equal("1", nodes["/local/domain/0/backend/vbd/1/51712/discard-enable"].Value);
    }

    [Theory]
    [InlineData("qcow2:/a.qcow2,xvda,w", "qdisk", "qcow2:/a.qcow2")]
    [InlineData("vhd:/a.vhd,xvda,w", "qdisk", "vhd:/a.vhd")]
    [InlineData("format=raw,vdev=xvda,backendtype=qdisk,target=/a.img", "qdisk", "aio:/a.img")]
    [InlineData("nbd://host/export,raw,xvda,w", "qdisk", "aio:nbd://host/export")]
    [InlineData("phy:/dev/wd0e,0x1,w", "phy", "/dev/wd0e")]
    public void A_disk_appears_with_the_backend_that_Xen_would_choose(string spec, string type, string parameters)
    {
        Assert.True(DiskSpec.TryParse(spec, out var disk, out var problem), problem);

        var nodes = VbdNodes.Of(disk!, 1, 1).Backend.ToDictionary(n => n.Name, n => n.Value);

        Assert.Equal((type, parameters), (nodes["type"], nodes["params"]));
    }

    [Theory]
    [InlineData("ring-ref=8 event-channel=9 protocol=x86_64-abi", "8")]
    [InlineData("ring-page-order=1 ring-ref0=5 ring-ref1=6 event-channel=9", "5,6")]
    [InlineData("num-ring-pages=2 ring-ref0=5 ring-ref1=6 event-channel=9", "5,6")]
    [InlineData("multi-queue-num-queues=1 ring-ref=8 event-channel=9", "8")]
    [InlineData("multi-queue-num-queues=2 queue-0/ring-ref=8 queue-0/event-channel=9 queue-1/ring-ref=10 queue-1/event-channel=11", "8;10", "9;11")]
    [InlineData("multi-queue-num-queues=2 ring-page-order=1 queue-0/ring-ref0=1 queue-0/ring-ref1=2 queue-0/event-channel=9 queue-1/ring-ref0=3 queue-1/ring-ref1=4 queue-1/event-channel=11", "1,2;3,4", "9;11")]
    public void A_frontends_nodes_are_read(string nodes, string references, string channels = "9")
    {
        var order = new Message(Verbs.Device);

        Assert.Null(VbdFrontend.Read(Reader(nodes), order));
        Assert.Equal((references, channels), (order.Text(VbdFrontend.RingsField), order.Text(VbdFrontend.ChannelsField)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("ring-ref=8")]
    [InlineData("ring-ref=-1 event-channel=9")]
    [InlineData("ring-ref=99999999999 event-channel=9")]
    [InlineData("ring-page-order=30 ring-ref0=1 event-channel=9")]
    [InlineData("num-ring-pages=0 ring-ref0=1 event-channel=9")]
    [InlineData("num-ring-pages=4294967295 ring-ref0=1 event-channel=9")]
    [InlineData("multi-queue-num-queues=2 ring-ref=8 event-channel=9")]
    [InlineData("multi-queue-num-queues=2 queue-0/ring-ref=8 queue-0/event-channel=9")]
    [InlineData("multi-queue-num-queues=0 ring-ref=8 event-channel=9")]
    [InlineData("multi-queue-num-queues=5 ring-ref=8 event-channel=9")]
    [InlineData("multi-queue-num-queues=4294967296 ring-ref=8 event-channel=9")]
    [InlineData("multi-queue-num-queues=x ring-ref=8 event-channel=9")]
    public void Nonsense_of_a_frontend_is_said_and_nothing_more(string nodes) => Assert.NotNull(VbdFrontend.Read(Reader(nodes), new Message(Verbs.Device)));

    [Theory]
    [InlineData("/images/a.img", false)]
    [InlineData("a.img", false)]
    [InlineData("nbd://host/export", true)]
    [InlineData("nbd+unix:///e?socket=/s", true)]
    [InlineData("rbd:pool/image", true)]
    [InlineData("nbdkit:memory 1G", true)]
    [InlineData("dir/with:colon", false)]
    public void Remote_targets_are_told_from_paths(string target, bool remote) => Assert.Equal(remote, DiskTargets.IsRemote(target));

    [Fact]
    public void A_server_is_started_with_what_the_disk_says()
    {
        Assert.True(DiskSpec.TryParse("vhd:images/a.vhd,xvda,r", out var disk, out _));

        var command = NbdServerCommand.Of(disk!, "/home/user", "/run/socket");

        Assert.Equal(("qemu-nbd", "/home/user/images/a.vhd"), (command.Program, command.Image));
        Assert.Equal(["--socket", "/run/socket", "--format", "vpc", "--cache", "writeback", "--discard", "unmap", "--read-only", "--", "/home/user/images/a.vhd"], command.Arguments);
    }

    private static Func<string, string?> Reader(string nodes)
    {
        var table = nodes.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToDictionary(n => n[..n.IndexOf('=')], n => n[(n.IndexOf('=') + 1)..]);
        return table.GetValueOrDefault;
    }
}
