using Xenolith.Host;

namespace Xenolith.Tests.Guests;

/// <summary>Domains that are booted from their disk by the guest's own menu.</summary>
[Collection("guests")]
public sealed class LoaderTests : GuestHost
{
    private string Image => System.IO.Path.Combine(Path, "disk.img");

    /// <summary>The layout and the configuration that xen-create-image makes: quoted numbers, trailing commas, a bare file system as xvda2.</summary>
    [Fact]
    public void The_disk_and_the_file_of_xen_create_image()
    {
        DiskImages.Bootable(Image, ("/boot/grub/menu.lst", Menu("run=cat,/proc/cmdline;ls,/sys/class/block")));
        var swap = System.IO.Path.Combine(Path, "swap.img");
        File.WriteAllBytes(swap, new byte[1 << 20]);
        var file = System.IO.Path.Combine(Path, "web.cfg");
        File.WriteAllText(file, $$"""
            #
            # Configuration file for the Xen instance web, created
            # by xen-tools 4.9.1 on Sun Nov 22 18:00:00 2026.
            #

            #
            #  Kernel + memory size
            #


            bootloader = 'pygrub'

            vcpus       = '1'
            memory      = '128'


            #
            #  Disk device(s).
            #
            root        = '/dev/xvda2 ro'
            disk        = [
                              'file:{{Image}},xvda2,w',
                              'file:{{swap}},xvda1,w',
                          ]


            #
            #  Physical volumes
            #


            #
            #  Hostname
            #
            name        = 'web'

            #
            #  Networking
            #
            dhcp        = 'dhcp'
            vif         = [ 'bridge=xenolith-test' ]

            #
            #  Behaviour
            #
            on_poweroff = 'destroy'
            on_reboot   = 'restart'
            on_crash    = 'restart'


            """);

        XlOk("create", file);

        AwaitConsole("web", "root=/dev/xvda2 ro console=hvc0 quiet run=cat,/proc/cmdline;ls,/sys/class/block root=/dev/xvda2 ro");
        AwaitConsole("web", "XENOLITH-EXIT 0");
        Assert.Contains("Boot loader: \"Debian\": kernel /boot/vmlinuz, ramdisk boot/initrd.img", File.ReadAllText(System.IO.Path.Combine(Path, "log", "xl-web.log")));
    }

    [Fact]
    public void The_menu_is_read_again_at_each_reboot()
    {
        DiskImages.Bootable(Image, ("/boot/grub/menu.lst", Menu("first=1 run=sleep,1000")));
        XlOk("create", Booted("guest"));
        AwaitConsole("guest", "XENOLITH-USERSPACE");
        DiskImages.Replace(Image, "/boot/grub/menu.lst", Menu("second=1 run=cat,/proc/cmdline;sleep,1000"));

        XlOk("reboot", "guest");

        AwaitConsole("guest", "second=1 run=cat");
        Assert.Equal(2, Find("guest")!.Domid);
    }

    [Fact]
    public void An_image_that_is_not_raw_is_read_through_its_server()
    {
        DiskImages.Bootable(Image, ("/boot/grub/menu.lst", Menu("run=cat,/proc/cmdline;sleep,1000")));
        var qcow = System.IO.Path.Combine(Path, "disk.qcow2");
        DiskImages.Run("qemu-img", "convert", "-O", "qcow2", Image, qcow);

        XlOk("create", Booted("guest", $"disk = [ '{qcow},qcow2,xvda2,w' ]"));

        AwaitConsole("guest", "root=/dev/xvda2 ro console=hvc0 quiet run=cat");
        XlOk("reboot", "-F", "guest");
        Eventually(() => Find("guest") is { Domid: 2 }, "it does not come back");
    }

    [Theory]
    [InlineData("\"/usr/lib/xen-4.17/bin/pygrub\"")]
    [InlineData("'/usr/bin/pygrub'")]
    public void A_path_before_the_loader_does_not_matter(string loader)
    {
        DiskImages.Bootable(Image, ("/boot/grub/menu.lst", "title x\nkernel /none\n"));

        XlOk("create", "-p", Booted("guest", $"bootloader = {loader}", "bootloader_args = [ '-q', '--kernel=/boot/vmlinuz', '--ramdisk=/boot/initrd.img', '--args=console=hvc0' ]"));
    }

    [Fact]
    public void What_cannot_be_booted_is_named_and_nothing_is_left()
    {
        DiskImages.Bootable(Image, ("/boot/grub/menu.lst", Menu(string.Empty)));
        var empty = System.IO.Path.Combine(Path, "empty.img");
        File.WriteAllBytes(empty, new byte[1 << 20]);

        Refused(Booted("guest", $"disk = [ 'file:{empty},xvda,w' ]"), "disk xvda", "no file system that is read here");
        Refused(Booted("guest", "disk = []"), "needs a disk");
        Refused(Booted("guest", "bootloader = 'lilo'"), "boot loader `lilo' is not known");
        Refused(Booted("guest", "bootloader_args = [ '--entry=9' ]"), "has no entry 9", "\"Debian\"");
        Refused(Booted("guest", "bootloader_args = [ '--frob' ]"), "argument --frob of the boot loader is not known".Replace(" is", ": is", StringComparison.Ordinal));
        Refused(Booted("guest", "kernel = '/boot/none'"), "it has no file /boot/none");
        DiskImages.Run("debugfs", "-w", "-R", "set_inode_field /boot/vmlinuz block[2] 0xFFFFFFFF", Image);
        DiskImages.Run("debugfs", "-w", "-R", "set_inode_field /boot/vmlinuz block[5] 0xFFFFFFFF", Image);
        Refused(Booted("guest"), "outside the file system");
        AssertNothingIsLeft();
    }

    /// <summary>Messages and logs quote a tenant's menu: nothing of it may steer a terminal or pass for a line of ours.</summary>
    [Fact]
    public void What_a_menu_says_is_text_to_a_terminal_and_to_the_log()
    {
        DiskImages.Bootable(Image, ("/boot/grub/grub.cfg", "menuentry 'b\x1b]0;owned\x07\n\nDomain 5 has been destroyed.' { linux /boot/vmlinuz\nlinux /boot/initrd.img \x1b[2J\n}\n"));
        var refused = Xl("create", Booted("guest", "bootloader_args = [ '--entry=9' ]"));
        var made = Xl("create", Booted("guest"));

        Assert.Equal((3, 3), (refused.ExitCode, made.ExitCode));
        Assert.Contains("It has \"b?]0;owned?\n\nDomain 5", refused.Error);
        var log = File.ReadAllText(System.IO.Path.Combine(Path, "log", "xl-guest.log"));
        Assert.Contains("Boot loader: \"b?]0;owned?  Domain 5 has been destroyed.\": kernel /boot/initrd.img", log);
        Assert.DoesNotContain(refused.Error + made.Error + log, c => char.IsControl(c) && c is not ('\n' or '\t'));
    }

    /// <summary>The loader that reads a tenant's disk has no rights: looked at while it is at work on a menu that never ends.</summary>
    [Fact]
    public void The_loader_is_confined_and_gives_up()
    {
        DiskImages.Bootable(Image, ("/boot/grub/grub.cfg", "while true; do for i in 1 2 3 4 5 6 7 8 9; do a=$i$i$i; done; done\n"));
        var file = Booted("guest");
        string? seen = null;
        Eventually(
            () =>
            {
                using var create = Start("xl", "create", file);
                create.StandardInput.Close();
                while (!create.HasExited && seen is null)
                {
                    foreach (var pid in Processes("boot-loader"))
                    {
                        seen = ConfinedStatus(pid) ?? seen;
                    }
                }

                Assert.Contains("more steps than any honest disk needs", create.StandardError.ReadToEnd());
                create.WaitForExit();
                Assert.Equal(3, create.ExitCode);
                return seen is not null;
            },
            "the loader is never seen at work");

        Assert.Contains("NoNewPrivs:\t1\n", seen!);
        if (Environment.UserName == "root")
        {
            Assert.Contains("Uid:\t65534\t65534\t65534\t65534\n", seen!);
            Assert.Contains("Groups:\t \n", seen!);
            Assert.Contains("CapEff:\t0000000000000000\n", seen!);
        }

        AssertNothingIsLeft();
    }

    private static string Menu(string arguments) => $"""
        default         0
        timeout         2

        title           Debian
        root            (hd0,0)
        kernel          /boot/vmlinuz root=/dev/xvda2 ro console=hvc0 quiet {arguments}
        initrd          boot/initrd.img
        """;

    private static string? ConfinedStatus(int pid)
    {
        try
        {
            var status = File.ReadAllText($"/proc/{pid}/status");
            return status.Contains("Seccomp:\t2\n", StringComparison.Ordinal) ? status : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // it ended meanwhile
        }
    }

    private string Booted(string name, params string[] lines)
    {
        var path = System.IO.Path.Combine(Path, $"{name}.cfg");
        // Later lines replace earlier ones, as in any configuration file.
        File.WriteAllText(path, $"name = '{name}'\nmemory = 128\nbootloader = 'pygrub'\ndisk = [ 'file:{Image},xvda2,w' ]\n{string.Join('\n', lines)}\n");
        return path;
    }

    private void Refused(string file, params string[] words)
    {
        var outcome = Xl("create", file);
        Assert.Equal(3, outcome.ExitCode);
        Assert.All(words, word => Assert.Contains(word, outcome.Error));
    }
}
