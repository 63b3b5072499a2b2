using System.Text;

namespace Xenolith.Tests.Guests;

/// <summary>A whole Debian system as examples/debian-image makes it (once, in a cache): systemd, login, network, shutdown and reboot.</summary>
[Collection("guests")]
public sealed class DebianTests : GuestHost
{
    private string ConsoleLog => System.IO.Path.Combine(Path, "log", "console", "guest-debian.log");

    [Fact]
    public void A_whole_Debian_boots_by_its_own_menu_and_obeys_reboot_and_shutdown()
    {
        var image = System.IO.Path.Combine(Path, "debian.img");
        DiskImages.Run("cp", "--reflink=auto", "--sparse=always", GuestImages.Debian, image);
        var file = System.IO.Path.Combine(Path, "debian.cfg");
        File.WriteAllText(file, $"name = \"debian\"\nmemory = 512\nvcpus = 2\nbootloader = \"pygrub\"\ndisk = [ \"file:{image},xvda,w\" ]\nvif = [ \"bridge=xenolith-test\" ]\n");
        // Without somebody who leases addresses, Debian's DHCP client waits for a minute, and both the reboot and the shutdown wait for it.
        File.WriteAllText(System.IO.Path.Combine(Path, "xenolith.conf"), "switch_uplinks = xenolith-test\n");
        XlOk("create", file);

        Session(0, "systemctl is-system-running --wait; systemctl --failed --no-legend --plain; ls /sys/class/net; [ -e /usr/sbin/policy-rc.d ] || echo starts''services; echo before > /root/kept; echo e''nd",
            text => Assert.Contains("running\r\n", text), text => Assert.Contains("enX0", text),
            // What mmdebstrap leaves while it works: with it, nothing that is installed in the guest would be started.
            text => Assert.Contains("startsservices", text));
        var said = File.ReadAllText(ConsoleLog).Length;
        XlOk("reboot", "debian");
        Eventually(() => Find("debian") is { Domid: 2 }, "it does not come back");
        Session(said, "cat /root/kept; echo e''nd", text => Assert.Contains("before\r\n", text));

        Assert.EndsWith("Domain 2 has been shut down, reason code 0\n", XlOk("shutdown", "-w", "debian").Error);
        Eventually(() => Find("debian") is null, "it is still listed");
        Assert.Contains("clean", DiskImages.Run("tune2fs", "-l", image).Split('\n').First(l => l.StartsWith("Filesystem state", StringComparison.Ordinal)));
        DiskImages.Run("e2fsck", "-fn", image);
    }

    // Logs in as root and runs one line, as a person at the console does; what the guest says is in the console's log.
    private void Session(int from, string line, params Action<string>[] checks)
    {
        string Said() => File.Exists(ConsoleLog) ? File.ReadAllText(ConsoleLog)[from..] : string.Empty;
        Eventually(() => Said().Contains("debian login: "), "no login prompt");
        var tty = Run("xenstore-read", $"/local/domain/{Find("debian")!.Domid}/console/tty").Output.Trim();
        using var terminal = new FileStream(tty, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0);
        terminal.Write("root\r"u8);
        Eventually(() => Said().Contains("root@debian:~# "), "no shell");
        terminal.Write(Encoding.UTF8.GetBytes(line + "\r"));
        Eventually(() => Said().Contains("\nend\r\n"), "the line does not end");
        Assert.All(checks, check => check(Said()));
    }
}
