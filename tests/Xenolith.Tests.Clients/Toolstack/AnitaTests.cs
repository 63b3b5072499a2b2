using Xenolith.Tests.Guests;

namespace Xenolith.Tests.Clients.Toolstack;

/// <summary>
/// The command lines of anita, which tests NetBSD in domains, in both its dialects and in a terminal as its pexpect gives. Its <c>vmm_args</c>
/// add an initial ram disk here, as Linux wants one.
/// </summary>
[Collection("guests")]
public sealed class AnitaTests : CallerHost
{
    private const string Kernel = "console=hvc0 quiet run=ls,/sys/block;sleep,1000";

    [Fact]
    public void Xl_with_a_list_of_disks_and_quoted_strings()
    {
        var (wd0, cd) = (Disk("wd0.img"), Disk("boot-com.iso"));
        Boots("xl", "anita-17", [
            "memory=128", "name=\"anita-17\"", $"kernel=\"{GuestImages.Kernel}\"", $"ramdisk=\"{GuestImages.Initramfs}\"", $"extra=\"{Kernel}\"",
            $"disk=['file:{wd0},xvda,w','file:{cd},xvdb,r']"]);
    }

    [Fact]
    public void Xm_with_bare_values_and_a_disk_key_for_each_disk()
    {
        var (wd0, cd) = (Disk("wd0.img"), Disk("boot-com.iso"));
        Boots("xm", "anita-18", [
            $"disk=file:{wd0},0x0,w", "memory=128", "name=anita-18", $"kernel={GuestImages.Kernel}", $"disk=file:{cd},0x1,r",
            $"ramdisk={GuestImages.Initramfs}", $"extra={Kernel}"]);
    }

    private string Disk(string name)
    {
        var path = Write(name, "");
        using var file = File.OpenWrite(path);
        file.SetLength(1 << 20);
        return path;
    }

    private void Boots(string program, string name, string[] assignments)
    {
        var seen = CallOk("/usr/bin/python3", [Source("drive_terminal.py"), "XENOLITH-USERSPACE", program, "create", "-c", "/dev/null", .. assignments]);
        Assert.Contains("XENOLITH-USERSPACE", seen);
        Assert.Equal(name, Assert.Single(List()).Name);
        var vbds = Run("xenstore-list", "/local/domain/1/device/vbd").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(program == "xl" ? ["51712", "51728"] : ["0", "1"], vbds);
        // Debian's initial ram disk here has no blkfront, so the disks are there, unconnected, and have done nothing.
        Assert.Matches($@"(?m)^ +{name} \S{{6}} +\d+ +[\d.]+ +131072 .* 2( +0){{6}}$", CallOk("xentop", ["-b", "-i", "1", "-f"]));
        CallOk(program, ["destroy", name]);
        AssertNothingIsLeft();
    }
}
