using Xenolith.Config.Disks;

namespace Xenolith.Tests.Unit.Config;

public sealed class DiskSpecTests
{
    [Theory]
    [InlineData("file:/a.img,xvda,w", "/a.img", "xvda", DiskFormat.Raw, true)]
    [InlineData("file:/a.img,xvda", "/a.img", "xvda", DiskFormat.Raw, true)]
    [InlineData("phy:/dev/wd0e,0x1,r", "/dev/wd0e", "0x1", DiskFormat.Raw, false)]
    [InlineData("phy:vg/lv,xvdg,r", "vg/lv", "xvdg", DiskFormat.Raw, false)]
    [InlineData("/a.img,raw,xvda,rw", "/a.img", "xvda", DiskFormat.Raw, true)]
    [InlineData("/a.img,,xvdc", "/a.img", "xvdc", DiskFormat.Raw, true)]
    [InlineData("tap:qcow2:/t.qcow2,xvdh,w", "/t.qcow2", "xvdh", DiskFormat.Qcow2, true)]
    [InlineData("tap2:tapdisk:aio:/t.img,xvdi,w", "/t.img", "xvdi", DiskFormat.Raw, true)]
    [InlineData("vhd:/v.vhd,xvdo,w", "/v.vhd", "xvdo", DiskFormat.Vhd, true)]
    [InlineData("file:/a,ioemu:hda,w", "/a", "hda", DiskFormat.Raw, true)]
    [InlineData("format=qcow2, vdev=xvde, access=ro, target=/a,b.img", "/a,b.img", "xvde", DiskFormat.Qcow2, false)]
    [InlineData("vdev=hdc,devtype=cdrom,format=empty", null, "hdc", DiskFormat.Empty, false)]
    [InlineData(",hdc:cdrom", "", "hdc", DiskFormat.Empty, false)]
    [InlineData("/cd.iso,,hdc,cdrom", "/cd.iso", "hdc", DiskFormat.Raw, false)]
    [InlineData(" file:/a.img ,xvda,w", "/a.img ", "xvda", DiskFormat.Raw, true)]
    [InlineData("file:/a.img,\n\t xvda,\n\t w", "/a.img", "xvda", DiskFormat.Raw, true)]
    [InlineData("file:/a.img,xvda,w,", "/a.img", "xvda", DiskFormat.Raw, true)]
    [InlineData("/a.img,raw,xvda,", "/a.img", "xvda", DiskFormat.Raw, true)]
    [InlineData("/a.img,raw,xvda,w,script=block", "/a.img", "xvda", DiskFormat.Raw, true)]
    [InlineData("/a.img,raw,xvda,w,backend=dom0", "/a.img", "xvda", DiskFormat.Raw, true)]
    [InlineData("/a.img, format=raw, vdev=xvda, access=ro", "/a.img", "xvda", DiskFormat.Raw, false)]
    [InlineData("vdev=xvda,format=qcow2,access=rw,target=/a=b,c.img,", "/a=b,c.img", "xvda", DiskFormat.Qcow2, true)]
    [InlineData("format=raw,vdev=hdc,access=ro,devtype=cdrom,target=/a.iso", "/a.iso", "hdc", DiskFormat.Raw, false)]
    [InlineData("/a.iso,raw,hdc:cdrom,r", "/a.iso", "hdc", DiskFormat.Raw, false)]
    [InlineData("file:/a.iso,hdc:cdrom,r", "/a.iso", "hdc", DiskFormat.Raw, false)]
    [InlineData("tap:aio:/a.img,sda1,w", "/a.img", "sda1", DiskFormat.Raw, true)]
    [InlineData("tap2:aio:/a.img,xvda2,w", "/a.img", "xvda2", DiskFormat.Raw, true)]
    [InlineData("tap:tapdisk:vhd:/a.vhd,xvda,w", "/a.vhd", "xvda", DiskFormat.Vhd, true)]
    [InlineData("aio:/a.img,xvda,r", "/a.img", "xvda", DiskFormat.Raw, false)]
    [InlineData("raw:/a.img,xvda,r", "/a.img", "xvda", DiskFormat.Raw, false)]
    [InlineData("qcow:/a.qcow,xvda,w", "/a.qcow", "xvda", DiskFormat.Qcow, true)]
    [InlineData("/a.img,,xvda,,discard", "/a.img", "xvda", DiskFormat.Raw, true)]
    [InlineData("/a.img,raw,xvda,w,discard,direct-io-safe,trusted", "/a.img", "xvda", DiskFormat.Raw, true)]
    public void Reads(string spec, string? target, string vdev, DiskFormat format, bool writable)
    {
        Assert.True(DiskSpec.TryParse(spec, out var disk, out var problem), problem);
        Assert.Equal((target, vdev, format, writable), (disk!.Target, disk.VirtualDevice, disk.Format, disk.Writable));
    }

    [Fact]
    public void Reads_scripts_and_flags()
    {
        Assert.True(DiskSpec.TryParse("iscsi:iqn.x,xvda,w!", out var iscsi, out _));
        Assert.True(iscsi is { Script: "block-iscsi", Shared: true });
        Assert.True(DiskSpec.TryParse(["vdev=xvdm", "no-discard", "direct-io-safe", "backendtype=qdisk", "target=/d"], out var words, out _));
        Assert.True(words is { Discard: false, DirectIoSafe: true, Backend: DiskBackend.Qdisk, Target: "/d" });
    }

    [Theory]
    [InlineData("garbage", "no vdev")]
    [InlineData("", "no vdev")]
    [InlineData("/dom/disk.img", "no vdev")]
    [InlineData("/dom/disk.img,xvda,w", "`xvda' stands where the format belongs")]
    [InlineData("file:/dom/disk.img,xvda,q", "access `q'")]
    [InlineData("foo:/dom/disk.img,xvda,w", "unknown prefix `foo:'")]
    [InlineData("format=raw,access=rw,target=/d", "no vdev")]
    [InlineData("format=foo,vdev=xvda,target=/d", "format `foo'")]
    [InlineData("bogus=1,vdev=xvda,target=/d", "unknown parameter `bogus'")]
    [InlineData("vdev=xvda,access=rw", "no target")]
    [InlineData("target=/d,vdev=xvda,format=raw", "no vdev")]
    [InlineData("/d,raw,xvda,rw,extra", "too many positional parameters")]
    [InlineData("/d,raw,xvda,rw,vdev=xvdb", "vdev given twice")]
    [InlineData("backendtype=foo,vdev=xvda,target=/d", "backendtype `foo'")]
    public void Refuses(string spec, string why)
    {
        Assert.False(DiskSpec.TryParse(spec, out _, out var problem));
        Assert.Contains(why, problem);
        Assert.StartsWith($"disk `{spec}': ", problem);
    }

    [Theory]
    [InlineData("xvda", 51712)]
    [InlineData("xvda1", 51713)]
    [InlineData("xvdp15", 51967)]
    [InlineData("xvdq", 268439552)]
    [InlineData("xvdaa", 268442112)]
    [InlineData("xvda16", 268435472)]
    [InlineData("d0p1", 51713)]
    [InlineData("d10p0", 51872)]
    [InlineData("hda", 768)]
    [InlineData("hdb1", 833)]
    [InlineData("hdc", 5632)]
    [InlineData("sda1", 2049)]
    [InlineData("51712", 51712)]
    [InlineData("0x0", 0)]
    [InlineData("0x1", 1)]
    [InlineData("0x301", 769)]
    public void Numbers_device_names_as_Xen_does(string name, int number)
    {
        Assert.True(DeviceName.TryNumber(name, out var actual));
        Assert.Equal(number, actual);
    }

    [Theory]
    [InlineData("d10")]
    [InlineData("foo")]
    [InlineData("sdz999")]
    [InlineData("sdq")]
    [InlineData("hde")]
    [InlineData("xvda01")]
    [InlineData("xvda256")]
    [InlineData("xvd")]
    [InlineData("-1")]
    [InlineData("")]
    public void Knows_no_number_for(string name) => Assert.False(DeviceName.TryNumber(name, out _));
}
