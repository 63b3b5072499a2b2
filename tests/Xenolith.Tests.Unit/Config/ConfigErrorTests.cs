using Xenolith.Config;
using Xenolith.Config.Grammar;

namespace Xenolith.Tests.Unit.Config;

/// <summary>What real xl 4.17 made of a hundred wrong, odd and right lines: the exit code of <c>xl create</c>, as far as the text decides it.</summary>
public sealed class ConfigErrorTests
{
    [Theory]
    [InlineData(1, "name = testpv")]
    [InlineData(1, "memory =")]
    [InlineData(1, "name = \"e")]
    [InlineData(1, "disk = [ 'file:/d,xvda,w'")]
    [InlineData(1, "memory = 64 @")]
    [InlineData(1, "name \"e\"")]
    [InlineData(1, "import os")]
    [InlineData(1, "x = { \"a\": 1 }")]
    [InlineData(1, "memory = 64.5")]
    [InlineData(1, "memory = -64")]
    [InlineData(1, "name = \"e\nmemory = ")]
    [InlineData(1, "\x7fELF\x02\x01\x01name")]
    [InlineData(0, "name\t=\t\"e\"")]
    [InlineData(1, "disk=[1,2]")]
    [InlineData(1, "disk=[\"a\"]\ndisk+=\"b\"")]
    [InlineData(1, "localtime = true")]
    [InlineData(1, "vcpus = 1\r\n")]
    [InlineData(0, "vcpus=0")]
    [InlineData(3, "vcpus=9999")]
    [InlineData(1, "vcpus=4\nmaxvcpus=2")]
    [InlineData(1, "type=\"bogus\"")]
    [InlineData(1, "builder=\"bogus\"")]
    [InlineData(1, "on_crash=\"bogus\"")]
    [InlineData(1, "on_poweroff=\"bogus\"")]
    [InlineData(1, "uuid=\"xyz\"")]
    [InlineData(1, "cpus=\"zzz\"")]
    [InlineData(0, "cpus=\"50\"")]
    [InlineData(0, "memory = 8")]
    [InlineData(0, "name = \"a b\"")]
    [InlineData(0, "name = \"123\"")]
    [InlineData(0, "vcpus=3")]
    [InlineData(1, "firmware=\"pvgrub64\"")]
    public void Keys(int exit, string lines) => Assert.Equal(exit, ExitCode(lines));

    [Theory]
    [InlineData(1, "garbage")]
    [InlineData(1, "/d")]
    [InlineData(1, "/d,xvda,w")]
    [InlineData(0, "/d,raw,xvda,w")]
    [InlineData(1, "file:/d")]
    [InlineData(0, "file:/d,xvda")]
    [InlineData(0, "file:/d,xvda,w")]
    [InlineData(1, "file:/d,xvda,q")]
    [InlineData(3, "file:/d,sdz999,w")]
    [InlineData(3, "file:/d,foo,w")]
    [InlineData(0, "phy:/d,xvda,w")]
    [InlineData(1, "foo:/d,xvda,w")]
    [InlineData(1, "format=raw,access=rw,target=/d")]
    [InlineData(1, "format=foo,vdev=xvda,access=rw,target=/d")]
    [InlineData(1, "bogus=1,vdev=xvda,target=/d")]
    [InlineData(1, "vdev=xvda,access=rw")]
    [InlineData(1, "")]
    [InlineData(1, "target=/d,vdev=xvda,format=raw")]
    [InlineData(1, "/d,raw,xvda,rw,extra")]
    [InlineData(0, "file:/d,hda,w")]
    [InlineData(0, "file:/d,sda,r")]
    [InlineData(0, "file:/d,xvdaa,w")]
    [InlineData(0, "file:/d,51712,w")]
    [InlineData(0, "file:/d,ioemu:hda,w")]
    [InlineData(0, "tap:aio:/d,xvda,w")]
    public void Disks(int exit, string disk) => Assert.Equal(exit, ExitCode($"disk = [ '{disk}' ]"));

    [Fact]
    public void One_device_name_for_two_disks() => Assert.Equal(3, ExitCode("disk=['/d,raw,xvda,r','/d,raw,xvda,r']"));

    [Theory]
    [InlineData(0, "")]
    [InlineData(0, "bridge=xenbr0,mac=00:16:3e:12:34:56")]
    [InlineData(1, "rate=foo")]
    [InlineData(1, "rate=10")]
    [InlineData(0, "type=vif")]
    [InlineData(1, "mtu=abc")]
    [InlineData(0, "ip=1.2.3.4")]
    [InlineData(0, "model=e1000")]
    [InlineData(0, "bridge=")]
    public void Interfaces(int exit, string vif) => Assert.Equal(exit, ExitCode($"vif = [ '{vif}' ]"));

    // docs/support.md gives the reason for each.
    [Theory]
    [InlineData("memory=\"abc\"")]
    [InlineData("memory=[64]")]
    [InlineData("vcpus=\"x\"")]
    [InlineData("disk=\"file:/d,xvda,w\"")]
    [InlineData("vif=\"bridge=xenbr0\"")]
    [InlineData("name = \"a/b\"")]
    [InlineData("name = \"\"")]
    [InlineData("vif = [ 'garbage' ]")]
    [InlineData("vif = [ 'mac=zz:zz' ]")]
    [InlineData("vif = [ 'mac=00:16:3e:00:00' ]")]
    [InlineData("vif = [ 'mac=00:16:3e:12:34:56:78' ]")]
    [InlineData("vif = [ 'mac=01:16:3e:12:34:56' ]")]
    [InlineData("vif = [ 'bogus=1' ]")]
    [InlineData("vif = [ 'type=foo' ]")]
    [InlineData("vif = [ 'trusted=0' ]")]
    [InlineData("vif = [ 'vifname=averyveryverylongname12345' ]")]
    public void Where_real_xl_made_another_domain_than_the_one_asked_for_we_make_none(string lines) => Assert.Equal(1, ExitCode(lines));

    [Theory]
    [InlineData("vif = [ 'bridge = xenbr0' ]")]
    [InlineData("disk = [ 'phy:/dev/vg/lv,xvdf,w!' ]")]
    public void Where_the_meaning_is_plain_we_take_it(string lines) => Assert.Equal(0, ExitCode(lines));

    private static int ExitCode(string lines)
    {
        var text = lines.StartsWith("name", StringComparison.Ordinal) ? $"kernel = '/k'\nmemory = 64\n{lines}\n" : $"name = 'e'\nkernel = '/k'\nmemory = 64\n{lines}\n";
        // What is not built yet says so of its key, whatever the value.
        var said = ConfigReading.FromText(text, "e.cfg", [], 2).Diagnostics.Where(diagnostic => !diagnostic.Message.Contains("' cannot be used: "));
        return said.Select(diagnostic => diagnostic.Severity).DefaultIfEmpty().Max() switch
        {
            Severity.Error => 1,
            Severity.Rejected or Severity.Creation => 3,
            _ => 0,
        };
    }
}
