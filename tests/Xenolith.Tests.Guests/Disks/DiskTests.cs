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
        Assert.Contains("in use by disk xvdb of the same domain", Fails("block-attach", "guest", $"{In("b.img")},raw,xvdc,w"));
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
    public void A_drive_gets_a_medium_changes_it_and_loses_it_while_the_guest_looks()
    {
        Sparse("a.img", 8 << 20);
        Medium("first.iso", "first-cd", 2 << 20);
        Medium("other.iso", "other-cd", 4 << 20);
        XlOk("create", "-p", DiskConfig("guest", "medium", $"disk = [ '{In("a.img")},raw,xvda,w', ',empty,xvdc:cdrom,r' ]"));

        // No frontend looks yet.
        XlOk("cd-insert", "guest", "xvdc", In("first.iso"));
        XlOk("unpause", "guest");
        AwaitConsole("guest", "MEDIUM 4096 first-cd.");
        Assert.Contains("Cannot stat file", Fails("cd-insert", "guest", "xvdc", In("nothing.iso")));
        Assert.Contains("has no CD drive xvda", Fails("cd-eject", "guest", "xvda"));

        XlOk("cd-eject", "guest", "xvdc");
        AwaitConsole("guest", "MEDIUM 0 .");
        XlOk("cd-eject", "guest", "xvdc");
        XlOk("cd-insert", "guest", "xvdc", In("other.iso"));
        AwaitConsole("guest", "MEDIUM 8192 other-cd.");
        XlOk("cd-insert", "guest", "xvdc", In("first.iso"));
        Eventually(() => Said("guest", "MEDIUM 4096 first-cd.") == 2, "the guest does not see the first medium again");
        Assert.Equal(In("first.iso") + "\n", Run("xenstore-read", "/local/domain/0/backend/vbd/1/51744/params").Output);

        // What was taken out is free again.
        XlOk("block-attach", "guest", $"{In("other.iso")},raw,xvdd,w");

        XlOk("reboot", "-F", "guest");
        Eventually(() => Said("guest", "MEDIUM 4096 first-cd.") == 3, "the rebooted guest does not see the medium");
    }

    [Fact]
    public void A_domain_that_is_kept_under_another_name_leaves_its_disks_to_its_successor()
    {
        Sparse("a.img", 8 << 20);
        XlOk("create", DiskConfig("guest", "stay", "on_reboot = 'rename-restart'", $"disk = [ '{In("a.img")},raw,xvda,w' ]"));
        AwaitConsole("guest", "DISK-READY");

        XlOk("reboot", "-F", "guest");

        Eventually(() => Find("guest") is { Domid: 2 }, "it does not come back");
        Eventually(() => Said("guest", "DISK-READY") == 2, "its successor does not run");
        Assert.StartsWith("---s", Find("guest-1")!.State);
        Assert.NotNull(Listed("51712"));
        XlOk("destroy", "guest-1");
        Assert.NotNull(Listed("51712"));
    }

    [Fact]
    public void A_guest_takes_several_queues_and_rings_of_several_pages()
    {
        var image = Ext4("a.img");
        XlOk("create", DiskConfig("guest", "rings xen_blkfront.max_queues=2 xen_blkfront.max_ring_page_order=2", "vcpus = 2", $"disk = [ '{image},raw,xvda,w' ]"));

        AwaitConsole("guest", "RING-GOOD 1");
        AwaitConsole("guest", "RING-GOOD 2");
        Assert.Equal("2\n", Run("xenstore-read", "/local/domain/1/device/vbd/51712/multi-queue-num-queues").Output);
        Assert.Equal("2\n", Run("xenstore-read", "/local/domain/1/device/vbd/51712/ring-page-order").Output);
        var counters = XlOk("inspect", "guest").Output;
        Assert.Matches(@"vbd/51712/req_prod\s+[1-9]", counters);
        Assert.Matches(@"vbd/51712/queue-1/req_prod\s+[1-9]", counters);
    }

    [Theory]
    [InlineData("raw")]
    [InlineData("qcow2")]
    public void What_a_guest_trims_is_given_back_to_the_host(string format)
    {
        var image = In("disk." + format);
        DiskImages.Run("qemu-img", "convert", "-O", format, Ext4("a.img"), image);
        XlOk("create", DiskConfig("guest", "trim", $"disk = [ '{image},{format},xvda,w' ]"));

        AwaitConsole("guest", "TRIMMED");

        Eventually(() => Allocated(image) < 8 << 20, "16 MiB that were trimmed take room still");
    }

    [Fact]
    public void Partitions_can_be_given_without_a_disk()
    {
        var root = Ext4("root.img");
        var swap = Sparse("swap.img", 8 << 20);
        XlOk("create", DiskConfig("guest", "parts", $"disk = [ 'file:{root},xvda2,w', 'file:{swap},xvda1,w' ]"));

        AwaitConsole("guest", "PARTS 16384 /dev/xvda1");
        AwaitConsole("guest", "hello from root.img");
    }

    [Fact]
    public void A_disk_of_more_than_2_TiB_is_whole()
    {
        XlOk("create", DiskConfig("guest", "far", $"disk = [ '{Sparse("a.img", (2L << 40) + (1 << 20))},raw,xvda,w' ]"));

        AwaitConsole("guest", "SIZE 4294969344");
        AwaitConsole("guest", "FAR-GOOD");
    }

    [Fact]
    public void A_disk_of_large_sectors_has_large_sectors_in_the_guest()
    {
        var target = $"nbdkit:--filter=blocksize-policy file {Ext4("a.img")} blocksize-minimum=4096 blocksize-error-policy=error";

        var outcome = XlOk("create", "-c", DiskConfig("guest", "use", $"disk = [ 'vdev=xvda, access=rw, target={target}' ]"));

        Assert.Contains("USED /dev/xvda with sectors of 4096", outcome.Output);
        AssertWhole(In("a.img"));
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
        Assert.Contains("hotplug script /etc/xen/scripts/block-drbd, which does not exist", Fails("create", DiskConfig("guest", "stay", "disk = [ 'drbd:r0,xvda,w' ]")));
        DiskImages.Run("qemu-img", "create", "-q", "-f", "qcow2", In("marked.qcow2"), "8M");
        using (var marked = File.OpenWrite(In("marked.qcow2")))
        {
            // Bit 1 of incompatible_features: QEMU found it corrupt once.
            marked.Position = 79;
            marked.WriteByte(2);
        }

        Assert.Contains($"qemu-img check -r all {In("marked.qcow2")}", Fails("create", DiskConfig("guest", "stay", $"disk = [ '{In("marked.qcow2")},qcow2,xvda,w' ]")));
        DiskImages.Run("qemu-img", "create", "-q", "-f", "qcow2", "-b", In("a.img"), "-F", "raw", In("child.qcow2"));
        File.Delete(In("a.img"));
        Assert.Contains($"qemu-img info {In("child.qcow2")}", Fails("create", DiskConfig("guest", "stay", $"disk = [ '{In("child.qcow2")},qcow2,xvda,w' ]")));
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
