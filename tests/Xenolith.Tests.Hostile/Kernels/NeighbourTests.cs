using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Xenolith.Tests.Guests;

namespace Xenolith.Tests.Hostile.Kernels;

/// <summary>Domains beside a hostile one, on the same switch, disk server and host: what they send arrives, and what they write stays.</summary>
[Collection("host")]
public sealed partial class NeighbourTests(ITestOutputHelper output) : HostileHost(output)
{
    private const int Endless = 1_000_000;

    [Fact]
    public void What_neighbours_send_each_other_arrives_while_a_kernel_fills_their_switch_with_rubbish()
    {
        const string make = "dd,if=/dev/urandom,of=/data,bs=1M,count=16,2>/dev/null;sha256sum,/data;";
        string[] lan = ["vif = [ 'bridge=lan' ]"];
        CreateHostile("net", Endless);
        AwaitConsole("hostile", "ROUND 3");
        XlOk("create", NetConfig("receiver", "10.9.0.2/24;nc,-l,-p,5000,>/got;wc,-c,/got;sha256sum,/got;echo,RECEIVED;sleep,1000", lan));
        AwaitConsole("receiver", "NETWORK-UP");
        XlOk("create", NetConfig("sender", $"10.9.0.3/24;{make}until,nc,10.9.0.2,5000,</data;do,sleep,1;done;echo,SENT;sleep,1000", lan));

        AwaitConsole("sender", "SENT");
        AwaitConsole("receiver", "RECEIVED");

        // A connection that ended early is another fault than bytes that changed on the way.
        Assert.Contains($"{16 << 20} /got", ReadLog("console/guest-receiver.log"));
        Assert.Equal(Hash("sender"), Hash("receiver"));
        AssertHostileLives();
        MonitorLog();
    }

    [Fact]
    public void A_store_that_one_guest_floods_answers_the_others()
    {
        CreateHostile("store", Endless);
        AwaitConsole("hostile", "ROUND 0");
        XlOk("create", Config("neighbour", "run=sleep,1000", "memory = 96"));

        XlOk("rename", "neighbour", "other");
        Assert.Equal("other\n", Run("xenstore-read", $"/local/domain/{Find("other")!.Domid}/name").Output);
        XlOk("destroy", "other");
        AssertHostileLives();
    }

    [Fact]
    public void What_a_guest_wrote_stays_while_a_kernel_plagues_the_disk_server_of_both()
    {
        foreach (var name in (string[])["good", "bad"])
        {
            using var image = File.Create(In($"{name}.img"));
            image.SetLength(16 << 20);
        }

        using var server = Process.Start(new ProcessStartInfo("nbdkit", ["--foreground", "--exit-with-parent", "--unix", In("disks"), "file", $"dir={Path}"]))!;
        try
        {
            Eventually(() => File.Exists(In("disks")), "the disk server does not listen");
            CreateHostile("block", Endless, $"nbd+unix:///bad.img?socket={In("disks")}");
            AwaitConsole("hostile", "ROUND 1");
            XlOk("create", Config("neighbour", "run=/disk,keep", $"ramdisk = \"{GuestImages.DiskInitramfs}\"", $"disk = [ 'vdev=xvda, access=rw, target=nbd+unix:///good.img?socket={In("disks")}' ]"));

            AwaitConsole("neighbour", "KEPT 3");

            AssertHostileLives();
            MonitorLog();
            XlOk("destroy", "neighbour");
            XlOk("destroy", "hostile");
            var written = new byte[8 << 20];
            using (var image = File.OpenRead(In("good.img")))
            {
                image.ReadExactly(written);
            }

            Assert.Equal(Hash("neighbour"), Convert.ToHexStringLower(SHA256.HashData(written)));
        }
        finally
        {
            server.Kill();
            server.WaitForExit();
        }
    }

    private string In(string name) => System.IO.Path.Combine(Path, name);

    private string Hash(string name)
    {
        var text = ReadLog($"console/guest-{name}.log");
        return Sha256().Match(text).Value is { Length: 64 } hash ? hash : throw new InvalidOperationException($"no checksum in: {text}");
    }

    [GeneratedRegex("\\b[0-9a-f]{64}\\b")]
    private static partial Regex Sha256();
}
