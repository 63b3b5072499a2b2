using System.Text.RegularExpressions;

namespace Xenolith.Tests.Guests.Disks;

/// <summary>What a guest was told to be durable is there, whatever ends; and what its host cannot do reaches it as errors.</summary>
[Collection("guests")]
public sealed class DurabilityTests : DiskHost
{
    /// <summary>The domain's process alone, or as when the power goes: it, its monitor, the store and the image's server.</summary>
    [Theory]
    [InlineData("raw", "domain-process")]
    [InlineData("qcow2", "domain-process")]
    [InlineData("raw", "")]
    [InlineData("qcow2", "")]
    public void What_was_synced_survives_kill_9_under_load(string format, string victims)
    {
        var raw = Ext4("raw.img");
        var image = raw;
        if (format != "raw")
        {
            image = In("disk." + format);
            DiskImages.Run("qemu-img", "convert", "-O", format, raw, image);
        }

        XlOk("create", DiskConfig("guest", "write", "on_crash = 'destroy'", $"disk = [ '{image},{format},xvda,w' ]"));
        Eventually(() => Durable() >= 12, "the guest does not write");
        foreach (var pid in Processes(victims))
        {
            Kill(pid);
        }

        Eventually(() => List().Count == 0, "the domain does not go");
        AssertNothingIsLeft();
        var durable = Durable();
        if (format != "raw")
        {
            DiskImages.Run("qemu-img", "check", image);
            DiskImages.Run("qemu-img", "convert", "-O", "raw", image, raw);
        }

        AssertWhole(raw);
        AssertFiles(raw, durable);

        // Nothing keeps the image from the next domain.
        XlOk("create", "-p", DiskConfig("guest", "stay", $"disk = [ '{image},{format},xvda,w' ]"));
    }

    /// <summary>What is rewritten often does not go through calls any more; what the guest was told to be written is in the image all the same.</summary>
    [Fact]
    public void What_was_rewritten_survives_kill_9_of_the_domain_s_process()
    {
        var image = Sparse("a.img", 8 << 20);
        XlOk("create", DiskConfig("guest", "rewrite", "on_crash = 'destroy'", $"disk = [ '{image},raw,xvda,w' ]"));
        AwaitConsole("guest", "REWRITTEN");
        foreach (var pid in Processes("domain-process"))
        {
            Kill(pid);
        }

        Eventually(() => List().Count == 0, "the domain does not go");
        var content = File.ReadAllBytes(image);
        Assert.Equal(8 << 20, content.Length);
        var log = File.ReadAllText(System.IO.Path.Combine(Path, "log", "console", "guest-guest.log"));
        Assert.Contains("SUM " + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content.AsSpan(0, 4 << 20))), log);
    }

    [Fact]
    public void What_was_synced_survives_a_server_that_drops_what_was_not_flushed()
    {
        var raw = Ext4("raw.img");

        // The filter keeps writes to itself until a flush; when it is killed they are gone, as with a server that loses its power.
        XlOk("create", DiskConfig("guest", "write", $"disk = [ 'vdev=xvda, target=nbdkit:--filter=cache file {raw} cache=writeback' ]"));
        Eventually(() => Durable() >= 12, "the guest does not write");
        var durable = Durable();
        foreach (var pid in Processes("--unix"))
        {
            Kill(pid);
        }

        XlOk("destroy", "guest");
        AssertWhole(raw);
        AssertFiles(raw, durable);
    }

    [Fact]
    public void A_full_host_disk_gives_errors_and_the_domain_lives()
    {
        CreateWithLittleRoom("fill", mebibytes: 4);

        AwaitConsole("guest", "FILLED 1");
        AwaitConsole("guest", "STILL-READS");
        Assert.NotNull(Find("guest"));
        Assert.Matches("disk xvda: Write of [0-9]+ bytes at sector [0-9]+ failed: No space left on device", XlOk("dmesg").Output);
    }

    /// <summary>What goes through no call meets the same: parts with room of their own are written, one whose room is gone is an error.</summary>
    [Fact]
    public void A_full_host_disk_under_rewritten_parts_gives_errors_and_the_domain_lives()
    {
        CreateWithLittleRoom("refill", mebibytes: 8);

        AwaitConsole("guest", "REFILLED");
        var log = File.ReadAllText(System.IO.Path.Combine(Path, "log", "console", "guest-guest.log"));
        Assert.Equal(["FILLED 1", "REWRITTEN 0", "SAME", "TRIMMED 0", "FILLED 1", "AGAIN 1", "SAME", "REFILLED"], Regex.Matches(log, "^(FILLED|REWRITTEN|SAME|TRIMMED|AGAIN|REFILLED)[ 0-9]*(?=\r?$)", RegexOptions.Multiline).Select(m => m.Value));
        Assert.NotNull(Find("guest"));
        Assert.Matches("disk xvda: Write of [0-9]+ bytes at sector [0-9]+ failed: No space left on device", XlOk("dmesg").Output);
    }

    [Fact]
    public void A_server_of_a_disk_that_dies_gives_errors_and_the_domain_lives()
    {
        var image = In("a.qcow2");
        DiskImages.Run("qemu-img", "create", "-q", "-f", "qcow2", image, "8M");
        XlOk("create", DiskConfig("guest", "read", $"disk = [ '{image},qcow2,xvda,w' ]"));
        AwaitConsole("guest", "DISK-READY");

        foreach (var pid in Processes("--socket"))
        {
            Kill(pid);
        }

        AwaitConsole("guest", "READ-FAILED");
        Assert.NotNull(Find("guest"));
        var log = System.IO.Path.Combine(Path, "log", "xl-guest.log");
        Eventually(() => File.ReadAllText(log).Contains("disk xvda: its server qemu-nbd"), "the log does not say what happened");
        Eventually(() => XlOk("dmesg").Output.Contains($"disk xvda: the connection to its server, qemu-nbd for {image}, broke: "), "xl dmesg does not say what happened");
    }

    [Fact]
    public void A_truncated_image_gives_errors_and_the_domain_lives()
    {
        var image = Sparse("a.img", 8 << 20);
        XlOk("create", DiskConfig("guest", "read", $"disk = [ '{image},raw,xvda,r' ]"));
        AwaitConsole("guest", "DISK-READY");

        using (var file = File.OpenWrite(image))
        {
            file.SetLength(0);
        }

        AwaitConsole("guest", "READ-FAILED");
        Assert.NotNull(Find("guest"));
        Eventually(() => XlOk("dmesg").Output.Contains("disk xvda: Read of"), "xl dmesg does not say what happened");
    }

    /// <summary>Creates the domain guest with a disk of 16 MiB in a file system with less room, in a mount namespace of its own, so that no right is needed.</summary>
    private void CreateWithLittleRoom(string use, int mebibytes)
    {
        var full = Directory.CreateDirectory(In("full")).FullName;
        var config = DiskConfig("guest", use, $"disk = [ '{full}/a.img,raw,xvda,w' ]");
        DiskImages.Run(
            "unshare",
            "--user", "--map-root-user", "--mount", "sh", "-c",
            $"mount -t tmpfs -o size={mebibytes}m tmpfs {full} && truncate -s 16M {full}/a.img && XENOLITH_RUNDIR={Path} exec {GuestImages.Programs}/xl create -q {config}");
    }

    /// <summary>The files that the guest said to be durable have the contents that it wrote.</summary>
    private void AssertFiles(string raw, int durable)
    {
        DiskImages.Run("debugfs", "-R", $"rdump / {Directory.CreateDirectory(In("files")).FullName}", raw);
        for (var number = 1; number <= durable; number++)
        {
            var sum = Convert.ToHexStringLower(System.Security.Cryptography.MD5.HashData(File.ReadAllBytes(In($"files/{number}"))));
            Assert.StartsWith(sum, File.ReadAllText(In($"files/{number}.sum")));
        }
    }

    private int Durable()
    {
        var log = System.IO.Path.Combine(Path, "log", "console", "guest-guest.log");
        return File.Exists(log) ? Regex.Matches(File.ReadAllText(log), @"DURABLE (\d+)\r?\n").Select(m => int.Parse(m.Groups[1].Value)).DefaultIfEmpty().Max() : 0;
    }
}
