using Xenolith.Toolstack;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Tests.Unit.Toolstack;

/// <summary>Xen's command line, and the files it stands in.</summary>
public sealed class HypervisorOptionsTests
{
    private const long Mib = 1024, Gib = 1024 * Mib, Total = 8 * Gib, Usual = Gib;

    [Theory]
    [InlineData("512M", 512 * Mib)]
    [InlineData("262144", 256 * Mib)]
    [InlineData("1g", Gib)]
    [InlineData("1048576B", Mib)]
    [InlineData("-6G", 2 * Gib)]
    [InlineData("25%", Total / 100 * 25)]
    [InlineData("1G+10%", Gib + (Total / 100 * 10))]
    [InlineData("1T", Total)]
    [InlineData("max:2G", 2 * Gib)]
    [InlineData("min:3G", 3 * Gib)]
    [InlineData("min:1G,max:4G,6G", 4 * Gib)]
    [InlineData("min:1G,max:4G,512M", Gib)]
    [InlineData("1024M,max:1024M", Gib)]
    public void Dom0_mem_has_all_of_xens_forms(string text, long kib) =>
        Assert.Equal(kib, HypervisorOptions.Parse($"console=com1 dom0_mem={text} loglvl=all", "here").Memory!.On(Total, Usual));

    [Theory]
    [InlineData("dom0_mem=much")]
    [InlineData("dom0_mem")]
    [InlineData("dom0_mem=most:1G")]
    [InlineData("dom0_mem=1G,,2G")]
    [InlineData("dom0_max_vcpus=none")]
    [InlineData("dom0_max_vcpus=0")]
    public void A_value_that_is_none_is_named(string line) =>
        Assert.StartsWith("here: dom0_m", Assert.Throws<ToolstackException>(() => HypervisorOptions.Parse(line, "here")).Message);

    [Theory]
    [InlineData("", 4)]
    [InlineData("dom0_max_vcpus=2", 2)]
    [InlineData("dom0_max_vcpus=1-3", 3)]
    [InlineData("dom0_max_vcpus=2-", 4)]
    [InlineData("dom0_max_vcpus=8", 4)]
    public void Domain0_has_as_many_vcpus_as_the_host_within_the_limits(string line, int vcpus) =>
        Assert.Equal(vcpus, HypervisorOptions.Parse(line, "here").VcpusOn(4));

    [Theory]
    [InlineData("menu=Xen:load /netbsd-XEN3_DOM0 console=pc;multiboot /xen.gz dom0_mem=512M", "dom0_mem=512M")]
    [InlineData("# multiboot\nbanner=x\nmenu=A:boot\nmenu=B:load /k;multiboot /xen.gz a=1 b\ntimeout=5", "a=1 b")]
    [InlineData("menu=A:multiboot /xen a\nmenu=B:multiboot /xen b\ndefault=2", "b")]
    [InlineData("menu=A:multiboot /xen a\nmenu=B:boot\ndefault=2", "a")]
    [InlineData("menu=Xen:multiboot /xen.gz", "")]
    [InlineData("GRUB_CMDLINE_XEN_DEFAULT=\"dom0_mem=1G,max:1G\"", "dom0_mem=1G,max:1G")]
    [InlineData("[xen]\noptions=console=vga dom0_mem=2G\nkernel=vmlinuz", "console=vga dom0_mem=2G")]
    [InlineData("menu=Plain:boot netbsd", null)]
    public void A_boot_loaders_file_has_it(string text, string? line) => Assert.Equal(line, BootConfig.CommandLine(text));

    [Fact]
    public void Settings_stand_over_the_boot_loaders_file()
    {
        var start = new HostSettings { Hypervisor = HypervisorOptions.Parse("dom0_mem=512M dom0_vcpus_pin", "boot.cfg") };

        var settings = HostSettings.Parse("dom0_mem = 700\ndom0_max_vcpus = 1\n", "file", start);

        Assert.Equal((700 * Mib, 1, true), (settings.Domain0Kib(Total), settings.Hypervisor.VcpusOn(4), settings.Hypervisor.PinVcpus));
        Assert.Equal("dom0_mem=512M dom0_vcpus_pin dom0_mem=700M dom0_max_vcpus=1", settings.Hypervisor.CommandLine);
    }
}
