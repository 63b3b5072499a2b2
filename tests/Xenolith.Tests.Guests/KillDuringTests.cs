using Xenolith.Tests.Unit.Boot;

namespace Xenolith.Tests.Guests;

/// <summary>kill -9 in the middle of an order: the command that gave it ends, and nothing is left.</summary>
[Collection("guests")]
public sealed class KillDuringTests : GuestHost
{
    [Fact]
    public void Monitor_and_domain_while_a_shutdown_waits_for_the_guest()
    {
        // A paused guest never takes the request.
        XlOk("create", "-qp", Config("guest", ""));
        var domid = Find("guest")!.Domid;
        using var shutdown = Start("xl", "shutdown", "guest");
        Eventually(() => Run("xenstore-read", $"/local/domain/{domid}/control/shutdown").Output.Trim() == "poweroff", "it is not asked to shut down");

        Processes("domain-").ForEach(Kill);

        shutdown.WaitForExit();
        Assert.Equal(0, shutdown.ExitCode);
    }

    [Fact]
    public void The_monitor_while_it_attaches_a_disk_of_a_server()
    {
        var image = System.IO.Path.Combine(Path, "disk.qcow2");
        DiskImages.Run("qemu-img", "create", "-q", "-f", "qcow2", image, "64M");
        XlOk("create", "-qp", Config("guest", ""));
        using var attach = Start("xl", "block-attach", "guest", $"{image},qcow2,xvdb,w");
        Eventually(() => Processes("--cache").Count > 0, "no server is started");

        Processes("domain-monitor").ForEach(Kill);

        attach.WaitForExit();
        Eventually(() => Processes("--cache").Count == 0, "its server lives on");
        AssertNothingIsLeft();
        // Nobody holds the image.
        XlOk("create", "-qp", Config("guest", "", $"disk = [ \"{image},qcow2,xvdb,w\" ]"));
    }

    [Fact]
    public void The_boot_loader_at_work()
    {
        using var create = CreateSlowly();

        Processes("boot-loader").ForEach(Kill);

        var error = create.StandardError.ReadToEnd();
        create.WaitForExit();
        Assert.Equal(3, create.ExitCode);
        Assert.Contains("the boot loader was killed by signal 9", error);
        Eventually(() => Processes("--unix").Count == 0, "its server lives on");
        AssertNothingIsLeft();
    }

    [Fact]
    public void The_monitor_while_its_boot_loader_is_at_work()
    {
        using var create = CreateSlowly();

        Processes("domain-monitor").ForEach(Kill);

        create.WaitForExit();
        Assert.Equal(3, create.ExitCode);
        Eventually(() => Processes("boot-loader").Count == 0, "the boot loader goes on");
        Eventually(() => Processes("--unix").Count == 0, "its server lives on");
        AssertNothingIsLeft();
    }

    [Fact]
    public void A_domain_whose_boot_loader_is_at_work_can_be_destroyed()
    {
        using var create = CreateSlowly();

        XlOk("destroy", "guest");

        var error = create.StandardError.ReadToEnd();
        create.WaitForExit();
        Assert.Equal(3, create.ExitCode);
        Assert.Contains("it was destroyed before it was built", error);
        Eventually(() => Processes("boot-loader").Count == 0, "the boot loader goes on");
        AssertNothingIsLeft();
    }

    /// <summary>The store's process dies while a script makes a disk: script and monitor find the store that follows.</summary>
    [Fact]
    public void The_store_while_a_script_makes_a_disk()
    {
        string script = System.IO.Path.Combine(Path, "block-test"), begun = System.IO.Path.Combine(Path, "begun"), go = System.IO.Path.Combine(Path, "go"), image = System.IO.Path.Combine(Path, "a.img");
        using (var file = File.Create(image))
        {
            file.SetLength(1 << 20);
        }

        File.WriteAllText(script, $"#!/bin/sh\n[ $1 = add ] || exit 0\necho x > {begun}\nwhile ! [ -e {go} ]; do sleep 0.1; done\nxenstore-write $XENBUS_PATH/physical-device-path {image}\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        using var create = Start("xl", "create", "-qp", Config("guest", "", $"disk = [ 'script={script},vdev=xvda,target=t' ]"));
        Eventually(() => File.Exists(begun), "the script does not begin");
        var store = Processes("xenstored").Single();

        Kill(store);

        Eventually(() => Processes("xenstored") is [var other] && other != store, "the store does not come back");
        File.WriteAllText(go, string.Empty);
        var error = create.StandardError.ReadToEnd();
        create.WaitForExit();
        Assert.True(create.ExitCode == 0, error);
        Assert.Equal($"{image}\n", Run("xenstore-read", $"/local/domain/{Find("guest")!.Domid}/device/vbd/51712/state").ExitCode == 0 ? Run("xenstore-read", $"/local/domain/0/backend/vbd/{Find("guest")!.Domid}/51712/physical-device-path").Output : "the device has no nodes");
    }

    /// <summary>Begins to create a domain whose boot loader waits for its disk, until it does.</summary>
    private System.Diagnostics.Process CreateSlowly()
    {
        var file = Config("guest", "", "kernel = '/vmlinuz'", "ramdisk = ''", "bootloader = 'pygrub'", "disk = [ 'format=raw,vdev=xvda,access=rw,target=nbdkit:--filter=delay memory 16M rdelay=600' ]");
        var create = Start("xl", "create", "-q", file);
        create.StandardInput.Close();
        Eventually(() => create.HasExited || Processes("boot-loader").Count > 0, "no boot loader is started");
        return create;
    }

    [Fact]
    public void A_domain_that_crashes_again_and_again_can_be_destroyed_for_good()
    {
        const ulong Base = 0xffffffff80000000, Code = 0x100000;
        var kernel = System.IO.Path.Combine(Path, "ud2");
        File.WriteAllBytes(kernel, new ElfBuilder().Load(Code, [0x0f, 0x0b]).LinuxNotes(Base + Code).Build());
        XlOk("create", "-q", Config("guest", "", $"kernel = \"{kernel}\"", "on_crash = \"restart\""));
        Eventually(() => Find("guest")?.Domid > 1, "it is not restarted");

        // Between two of its lives its name may be nobody's for a moment.
        Eventually(() => Xl("destroy", "guest").ExitCode == 0, "it cannot be destroyed");

        Eventually(() => Processes("domain-monitor").Count == 0, "its monitor waits for something");
        AssertNothingIsLeft();
    }
}
