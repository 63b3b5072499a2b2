using CsCheck;
using Xenolith.Config;
using Xenolith.Config.Grammar;
using Xenolith.Config.Xm;

namespace Xenolith.Tests.Unit.Config;

public sealed class XmTests
{
    private const string Example = """
        #  -*- mode: python; -*-
        kernel = "/boot/vmlinuz-2.6.10-xenU"
        builder='linux'
        memory = 32 * 2
        name = "Exam" + 'ple%02d' % 7
        dom = name
        vif = [ 'mac=00:16:3e:00:00:11, bridge=xenbr0' ] \
              + [ '' ]
        disk = [ 'phy:hda1,hda1,w',
                 # a comment
                 "file:/%s.img,sda1,r" % dom, ]
        root = "/dev/hda1 ro"
        extra = r'a\b' " c"   # joined
        on_crash = 'destroy'
        vcpus = (2)
        maxmem = None
        localtime = False
        """;

    [Fact]
    public void Reads_the_kind_of_file_that_xm_examples_are()
    {
        var reading = ConfigReading.FromXm(Example, "example", [], 2);

        Assert.DoesNotContain(reading.Diagnostics, d => d.Severity >= Severity.Rejected);
        var config = reading.Config!;
        Assert.Equal(("Example07", 64 * 1024L, 2), (config.Name, config.EffectiveMaxMemoryKiB, config.EffectiveVcpus));
        Assert.Equal(["hda1", "sda1"], config.Disks.Select(d => d.VirtualDevice));
        Assert.Equal("/Example07.img", config.Disks[1].Target);
        Assert.Equal("root=/dev/hda1 ro a\\b c", config.CommandLine);
        Assert.Equal(["xenbr0", null], config.Nics.Select(n => n.Bridge));
    }

    [Theory]
    [InlineData("import os, shutil", "f:1:12: `import' of `shutil': only os, re, string, sys")]
    [InlineData("from os import uname", "f:1:1: `from' is a Python statement")]
    [InlineData("arch = os.getcwd()", "f:1:8: `os.getcwd' would run Python")]
    [InlineData("arch = os.uname()", "f:1:8: `os.uname' would run Python")]
    [InlineData("arch = os.uname()[1]", "f:1:19: of os.uname() only [0] and [4] are known")]
    [InlineData("a = re.search('64', 'x')", "f:1:5: `re.' would run Python")]
    [InlineData("a = 1\nif a:\n    b = 2\n", "f:2:1: `if' is a Python statement")]
    [InlineData("a = foo", "f:1:5: `foo' has no value here")]
    [InlineData("a = { 'b': 1 }", "f:1:5: expected a string, a number or a list, found `{'")]
    [InlineData("a = 'x' * 'y'", "f:1:9: a string * a string is not supported")]
    [InlineData("a = 'x", "f:1:5: the string that begins here has no closing '")]
    [InlineData("a = 1.5", "f:1:5: `1.5' is not a whole number")]
    [InlineData("a = '%s %s' % 'x'", "does not fit its values")]
    [InlineData("open('/etc/passwd')", "f:1:5: expected `=' after `open'")]
    [InlineData("a = 'x' * 999999999", "not supported")]
    public void Refuses_by_name_and_place(string text, string message)
    {
        var reading = ConfigReading.FromXm(text, "f", [], 2);
        Assert.Contains(message, reading.Diagnostics.First().ToString());
    }

    [Fact]
    public void What_examples_ask_of_os_is_known_and_nothing_is_executed()
    {
        var reading = ConfigReading.FromXm("import os, re\narch = os.uname()[4]\nname = os.uname()[0] + '-' + arch\nkernel = '/k'\n", "f", [], 2);
        Assert.Equal("Linux-x86_64", reading.Config!.Name);
    }

    [Fact]
    public void A_variable_may_be_called_like_a_key_with_a_slip()
    {
        var reading = ConfigReading.FromXm("disks = [ 'file:/a,xvda,w' ]\nbase = 'n'\nname = base + '1'\nkernel = '/k'\ndisk = disks\nmemroy = 64\n", "f", [], 2);

        Assert.Equal(["unknown key `memroy'; did you mean `memory'?"], reading.Diagnostics.Select(d => d.Message));
    }

    [Fact]
    public void Anitas_command_line_has_bare_values_and_repeated_keys()
    {
        var reading = ConfigReading.FromXm("", "/dev/null",
            ["disk=file:/p,0x0,w", "disk=file:/q,0x1,r", "memory=128", "name=n", "kernel=/k"], 2);

        Assert.Equal(["/p", "/q"], reading.Config!.Disks.Select(d => d.Target));
        Assert.Equal((128 * 1024L, "n", "/k"), (reading.Config.EffectiveMemoryKiB, reading.Config.Name, reading.Config.Kernel));
        Assert.Equal(["/r"], ConfigReading.FromXm("disk=['file:/a,xvda,w']\nname='n'\nkernel='/k'", "f", ["disk=['file:/r,xvdb,r']"], 2)
            .Config!.Disks.Select(d => d.Target));
    }

    [Fact]
    public void Any_text_is_read_without_an_exception() => Gen.OneOf(Gen.String, Gen.String["ab=+[]()'\"\\,;# \n1%*x"]).Sample(text =>
    {
        XmParser.Parse(text, "f", new CfgDocument(), new DiagnosticList());
    });
}
