using Xenolith.Host;

namespace Xenolith.Tests.Guests.Disks;

/// <summary>Disks whose device a hotplug script makes, as <c>script=</c> and prefixes such as <c>drbd:</c> ask for. The scripts here make a file, which needs no right.</summary>
[Collection("guests")]
public sealed class DiskScriptTests : DiskHost
{
    private string Diary => In("diary");

    [Fact]
    public void A_script_makes_the_device_that_the_guest_boots_from_and_uses()
    {
        DiskImages.Bootable(In("a.img"), ("/boot/grub/menu.lst", "title x\nroot (hd0,0)\nkernel /boot/vmlinuz console=hvc0 quiet run=sleep,100000\ninitrd /boot/initrd.img\n"));
        var script = Script($"xenstore-write $XENBUS_PATH/node made $XENBUS_PATH/physical-device-path {In("a.img")} $XENBUS_PATH/hotplug-status connected");
        var config = In("guest.cfg");
        File.WriteAllText(config, $"name = 'guest'\nmemory = 128\nbootloader = 'pygrub'\ndisk = [ 'script={script},vdev=xvda,target=pool:image,with=words' ]\n");

        XlOk("create", config);
        AwaitConsole("guest", "XENOLITH-USERSPACE");

        // First for the boot loader, which only reads, then for the domain.
        Assert.Equal(["add pool:image,with=words r", "remove made", "add pool:image,with=words w"], File.ReadAllLines(Diary));
        Assert.Equal(In("a.img") + "\n", Run("xenstore-read", "/local/domain/0/backend/vbd/1/51712/physical-device-path").Output);
        Assert.Equal(script + "\n", Run("xenstore-read", "/local/domain/0/backend/vbd/1/51712/script").Output);

        XlOk("destroy", "guest");
        Assert.Equal("remove made", File.ReadAllLines(Diary)[^1]);
        AssertNothingIsLeft();
    }

    [Fact]
    public void A_disk_by_a_script_comes_and_goes_while_the_domain_runs()
    {
        Sparse("a.img", 8 << 20);
        Sparse("b.img", 8 << 20);
        var script = Script($"xenstore-write $XENBUS_PATH/node made $XENBUS_PATH/physical-device-path {In("b.img")}");
        XlOk("create", DiskConfig("guest", "stay", $"disk = [ '{In("a.img")},raw,xvda,w' ]"));
        AwaitConsole("guest", "DISK-READY");

        XlOk("block-attach", "guest", $"script={script},vdev=xvdb,target=some");
        Eventually(() => XlOk("block-list", "guest").Output.Contains("51728 0   1      4 "), "the guest does not take the disk");
        XlOk("block-detach", "guest", "xvdb");

        Assert.Equal(["add some w", "remove made"], File.ReadAllLines(Diary));
    }

    [Fact]
    public void A_script_that_fails_or_does_not_exist_is_named_and_nothing_is_left()
    {
        var script = Script("xenstore-write $XENBUS_PATH/node half $XENBUS_PATH/hotplug-error 'no such target' $XENBUS_PATH/hotplug-status error; exit 1");

        Refused(DiskConfig("guest", "stay", $"disk = [ 'script={script},vdev=xvda,target=t' ]"), "disk xvda", script, "no such target");
        Assert.Equal("remove half", File.ReadAllLines(Diary)[^1]);
        Refused(DiskConfig("guest", "stay", $"disk = [ 'script={Script("true")},vdev=xvda,target=t' ]"), "told of no device");
        Refused(DiskConfig("guest", "stay", "disk = [ 'script=/none/block-none,vdev=xvda,target=t' ]"), "the hotplug script /none/block-none, which does not exist");
        AssertNothingIsLeft();
    }

    [Fact]
    public void What_a_script_made_for_a_killed_domain_is_removed_by_the_next_command()
    {
        Sparse("a.img", 8 << 20);
        var script = Script($"xenstore-write $XENBUS_PATH/node made $XENBUS_PATH/physical-device-path {In("a.img")}");
        XlOk("create", DiskConfig("guest", "stay", $"disk = [ 'script={script},vdev=xvda,target=t' ]"));
        AwaitConsole("guest", "DISK-READY");

        foreach (var pid in Processes("domain-"))
        {
            Kill(pid);
        }

        AssertNothingIsLeft();
        Assert.Equal(["add t w", "remove made"], File.ReadAllLines(Diary));
    }

    /// <summary>kill -9 leaves the script to itself: whoever undoes it ends it before, with all that it has started.</summary>
    [Fact]
    public void A_script_at_work_when_its_monitor_is_killed_is_ended_and_undone_by_the_next_command()
    {
        var script = Script($"xenstore-write $XENBUS_PATH/node half; sleep 1000 & echo $$ $! > {In("new")}; mv {In("new")} {In("pids")}; wait; echo late >> {Diary}");
        using var create = Start("xl", "create", "-q", DiskConfig("guest", "stay", $"disk = [ 'script={script},vdev=xvda,target=t' ]"));
        Eventually(() => File.Exists(In("pids")), "the script does not begin");
        var pids = File.ReadAllText(In("pids")).Split(' ').Select(int.Parse).ToList();

        Processes("domain-monitor").ForEach(Kill);

        create.StandardError.ReadToEnd();
        create.WaitForExit();
        Assert.Equal(3, create.ExitCode);
        AssertNothingIsLeft();
        Eventually(() => !pids.Exists(ThreadTimes.IsAlive), "the script goes on");
        Assert.Equal(["add t w", "remove half"], File.ReadAllLines(Diary));
    }

    [Fact]
    public void A_script_that_is_killed_in_the_middle_fails_the_create_and_is_undone()
    {
        var script = Script($"xenstore-write $XENBUS_PATH/node half; echo $$ > {In("new")}; mv {In("new")} {In("pid")}; sleep 1000");
        using var create = Start("xl", "create", "-q", DiskConfig("guest", "stay", $"disk = [ 'script={script},vdev=xvda,target=t' ]"));
        Eventually(() => File.Exists(In("pid")), "the script does not begin");

        KillGroup(int.Parse(File.ReadAllText(In("pid"))));

        var error = create.StandardError.ReadToEnd();
        create.WaitForExit();
        Assert.Equal(3, create.ExitCode);
        Assert.Contains($"disk xvda", error);
        Assert.Contains($"{script} add was killed by signal 9", error);
        Assert.Equal(["add t w", "remove half"], File.ReadAllLines(Diary));
        AssertNothingIsLeft();
    }

    /// <summary>A script that goes on would write nodes of a device that is gone, or make what nobody removes.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("bootloader = 'pygrub'")]
    public void A_script_at_work_ends_when_its_domain_is_destroyed(string loader)
    {
        var script = Script($"xenstore-write $XENBUS_PATH/node half; echo $$ > {In("new")}; mv {In("new")} {In("pid")}; sleep 1000; xenstore-write $XENBUS_PATH/late 1");
        using var create = Start("xl", "create", "-q", DiskConfig("guest", "stay", $"disk = [ 'script={script},vdev=xvda,target=t' ]", loader, loader.Length > 0 ? "kernel = '/k'\nramdisk = ''" : string.Empty));
        Eventually(() => File.Exists(In("pid")), "the script does not begin");

        XlOk("destroy", "guest");

        var error = create.StandardError.ReadToEnd();
        create.WaitForExit();
        Assert.Equal(3, create.ExitCode);
        Assert.Contains("it was destroyed before it was built", error);
        Assert.False(ThreadTimes.IsAlive(int.Parse(File.ReadAllText(In("pid")))), "the script goes on");
        Assert.Equal("remove half", File.ReadAllLines(Diary)[^1]);
        AssertNothingIsLeft();
    }

    /// <summary>kill -9 of a script and of all that it has started: it leads a group of its own.</summary>
    private static void KillGroup(int leader) => DiskImages.Run("kill", "-9", "--", $"-{leader}");

    /// <summary>A script that notes what it is asked, and does something when a disk is added.</summary>
    private string Script(string add)
    {
        var path = In("block-test");
        File.WriteAllText(path, $"""
            #!/bin/sh
            case $1 in
            add) echo "add $(xenstore-read $XENBUS_PATH/params) $(xenstore-read $XENBUS_PATH/mode)" >> {Diary}; {add} ;;
            remove) echo "remove $(xenstore-read $XENBUS_PATH/node)" >> {Diary} ;;
            esac

            """);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    private void Refused(string file, params string[] words)
    {
        var outcome = Xl("create", file);
        Assert.Equal(3, outcome.ExitCode);
        Assert.All(words, word => Assert.Contains(word, outcome.Error));
    }
}
