using System.Text;
using System.Diagnostics;

namespace Xenolith.Tests.Guests;

/// <summary>A whole Debian system as examples/debian-image makes it (once, in a cache): systemd, login, network, shutdown and reboot.</summary>
[Collection("guests")]
public sealed class DebianTests : GuestHost
{
    [Fact]
    public void A_whole_Debian_boots_by_its_own_menu_and_obeys_reboot_and_shutdown()
    {
        var image = System.IO.Path.Combine(Path, "debian.img");
        DiskImages.Run("cp", "--reflink=auto", "--sparse=always", GuestImages.Debian, image);
        var file = System.IO.Path.Combine(Path, "debian.cfg");
        File.WriteAllText(file, $"name = \"debian\"\nmemory = 512\nvcpus = 2\nbootloader = \"pygrub\"\ndisk = [ \"file:{image},xvda,w\" ]\nvif = [ \"bridge=xenolith-test\" ]\n");
        XlOk("create", file);

        Session(1, "systemctl is-system-running --wait; systemctl --failed --no-legend --plain; ls /sys/class/net; echo before > /root/kept; echo e''nd",
            said => Assert.Contains("running\r\n", said), said => Assert.Contains("enX0", said));
        XlOk("reboot", "debian");
        Eventually(() => Find("debian") is { Domid: 2 }, "it does not come back");
        Session(2, "cat /root/kept; echo e''nd", said => Assert.Contains("\nbefore\r\n", said));

        Assert.EndsWith("Domain 2 has been shut down, reason code 0\n", XlOk("shutdown", "-w", "debian").Error);
        Eventually(() => Find("debian") is null, "it is still listed");
        Assert.Contains("clean", DiskImages.Run("tune2fs", "-l", image).Split('\n').First(l => l.StartsWith("Filesystem state", StringComparison.Ordinal)));
        DiskImages.Run("e2fsck", "-fn", image);
    }

    // Logs in as root and runs one line, as a person at the console does.
    private void Session(int domid, string line, params Action<string>[] checks)
    {
        using var console = Start("xl", "console", "--replay", domid.ToString());
        var said = new StringBuilder();
        var reading = Task.Run(() =>
        {
            for (int c; (c = console.StandardOutput.Read()) >= 0;)
            {
                lock (said)
                {
                    said.Append((char)c);
                }
            }
        });
        string Said()
        {
            lock (said)
            {
                return said.ToString();
            }
        }

        try
        {
            Eventually(() => Said().Contains("debian login: "), "no login prompt");
            Type("root");
            Eventually(() => Said().Contains("root@debian:~# "), "no shell");
            Type(line);
            Eventually(() => Said().Contains("\nend\r\n"), "the line does not end");
            Assert.All(checks, check => check(Said()));
        }
        finally
        {
            console.Kill();
            reading.Wait();
        }

        void Type(string text)
        {
            console.StandardInput.Write(text + "\r");
            console.StandardInput.Flush();
        }
    }
}
