namespace Xenolith.Tests.Guests.Disks;

/// <summary>Debian's blkfront uses disks of every kind; they come, go and change while it runs.</summary>
[Collection("guests")]
public sealed class DiskTests : DiskHost
{
    [Fact]
    public void A_guest_mounts_reads_and_writes_raw_qcow2_and_vhd_images()
    {
        var raw = Ext4("raw.img");
        DiskImages.Run("qemu-img", "convert", "-O", "qcow2", raw, In("b.qcow2"));
        DiskImages.Run("qemu-img", "convert", "-O", "vpc", raw, In("c.vhd"));

        var outcome = XlOk("create", "-c", DiskConfig("guest", "use", $"disk = [ 'file:{raw},xvda,w', '{In("b.qcow2")},qcow2,xvdb,w', 'vhd:{In("c.vhd")},xvdc,w' ]"));

        foreach (var disk in (string[])["a", "b", "c"])
        {
            Assert.Contains($"USED /dev/xvd{disk}", outcome.Output);
        }

        AssertNothingIsLeft();
        AssertWhole(raw);
        DiskImages.Run("qemu-img", "check", In("b.qcow2"));
        Assert.Contains("zeros", DiskImages.Run("debugfs", "-R", "ls", raw));
    }

    [Fact]
    public void Disks_come_and_go_and_a_rebooted_domain_has_those_that_came()
    {
        Sparse("a.img", 8 << 20);
        Sparse("b.img", 8 << 20);
        XlOk("create", DiskConfig("guest", "stay", $"disk = [ '{In("a.img")},raw,xvda,w' ]"));
        AwaitConsole("guest", "DISK-READY");

        XlOk("block-attach", "guest", $"{In("b.img")},raw,xvdb,w");
        Eventually(() => Listed("51728") is { } row && row.StartsWith("51728 0   1      4 ", StringComparison.Ordinal), "the guest does not take the disk");
        Assert.Contains("in use by domain guest (disk xvdb)", Fails("block-attach", "guest", $"{In("b.img")},raw,xvdc,w"));
        Assert.Contains("has a device of that name and number", Fails("block-attach", "guest", $"{In("b.img")},raw,xvdb,w!"));

        XlOk("reboot", "-F", "guest");
        Eventually(() => Find("guest") is { Domid: 2 }, "it does not come back");
        Eventually(() => Listed("51728") is not null, "the attached disk does not come back");
        Eventually(() => Listed("51728") is { } row && row.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3] == "4", "the guest does not take the disk again");

        XlOk("block-detach", "guest", "xvdb");
        Assert.Null(Listed("51728"));
        Assert.Contains("not connected", Fails("block-detach", "guest", "xvdb"));
        Assert.DoesNotContain("51728", Run("xenstore-ls", "-f").Output);
    }

    [Fact]
    public void An_image_that_grows_is_seen_to_grow()
    {
        var image = Sparse("a.img", 8 << 20);
        XlOk("create", DiskConfig("guest", "size", $"disk = [ '{image},raw,xvda,w' ]"));
        AwaitConsole("guest", "SIZE 16384");

        using (var file = File.OpenWrite(image))
        {
            file.SetLength(16 << 20);
        }

        AwaitConsole("guest", "SIZE 32768");
    }

    [Fact]
    public void Images_are_shared_as_under_Xen()
    {
        var image = Sparse("a.img", 8 << 20);
        string Disk(string mode) => $"disk = [ '{image},raw,xvda,{mode}' ]";
        XlOk("create", "-p", DiskConfig("reader", "stay", Disk("r")));
        XlOk("create", "-p", DiskConfig("other", "stay", Disk("r")));
        Assert.Contains("in use by domain", Fails("create", "-p", DiskConfig("writer", "stay", Disk("w"))));
        XlOk("create", "-p", DiskConfig("sharer", "stay", Disk("w!")));
        XlOk("destroy", "reader");
        XlOk("destroy", "other");
        XlOk("destroy", "sharer");
        XlOk("create", "-p", DiskConfig("writer", "stay", Disk("w")));
        Assert.Contains("in use for writing by domain writer (disk xvda)", Fails("create", "-p", DiskConfig("reader", "stay", Disk("r"))));
    }

    [Fact]
    public void What_is_wrong_with_an_image_is_said_with_its_place_in_the_file()
    {
        Sparse("small.img", 100);
        Sparse("a.img", 8 << 20);
        var config = DiskConfig("guest", "stay", $"disk = [ '{In("nothing.img")},raw,xvda,w' ]");
        Assert.Contains($"{config}:6:10: disk xvda: image {In("nothing.img")} does not exist. Make it (truncate -s 8G", Fails("create", config));
        Assert.Contains("less than one sector", Fails("create", DiskConfig("guest", "stay", $"disk = [ '{In("small.img")},raw,xvda,w' ]")));
        Assert.Contains("is no qcow2 image; it looks like raw", Fails("create", DiskConfig("guest", "stay", $"disk = [ '{In("a.img")},qcow2,xvda,w' ]")));
        Assert.Contains("neither a file nor a block device", Fails("create", DiskConfig("guest", "stay", "disk = [ '/dev/null,raw,xvda,w' ]")));
        Assert.Contains("hotplug script block-drbd", Fails("create", DiskConfig("guest", "stay", "disk = [ 'drbd:r0,xvda,w' ]")));
        AssertNothingIsLeft();
    }

    private string? Listed(string number) => XlOk("block-list", "guest").Output.Split('\n').FirstOrDefault(line => line.StartsWith(number, StringComparison.Ordinal));

    private string Fails(params string[] arguments)
    {
        var outcome = Xl(arguments);
        Assert.NotEqual(0, outcome.ExitCode);
        return outcome.Error;
    }
}
