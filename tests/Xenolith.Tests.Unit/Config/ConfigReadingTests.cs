using Xenolith.Config;
using Xenolith.Config.Grammar;
using Xenolith.Config.Json;
using Xenolith.Config.Keys;
using Xenolith.Config.Processors;

namespace Xenolith.Tests.Unit.Config;

public sealed class ConfigReadingTests
{
    private const string Minimal = "name = \"e\"\nkernel = \"/k\"\n";

    [Theory]
    [InlineData("memory = \"abc\"", "f.cfg:3:10: `memory' needs a number, not \"abc\"")]
    [InlineData("memory = [64]", "f.cfg:3:10: `memory' needs a single value, not a list")]
    [InlineData("memory = 64\nmemory += 1", "f.cfg:4:11: `+=' cannot add to `memory', which is a number")]
    [InlineData("vcpus = 'x'", "`vcpus' needs a number")]
    [InlineData("disk = 'file:/a,xvda,w'", "`disk' needs a list")]
    [InlineData("vif = 'bridge=br0'", "`vif' needs a list")]
    [InlineData("disk = [ ['a'] ]", "too deep")]
    [InlineData("memroy = 64", "unknown key `memroy'; did you mean `memory'?")]
    [InlineData("vcpu = 2", "did you mean `vcpus'?")]
    [InlineData("disks = [ ]", "did you mean `disk'?")]
    [InlineData("type = 'bogus'", "`type' is \"bogus\"; known are pv, pvh, hvm")]
    [InlineData("builder = 'linux'", "`builder' is \"linux\"; known are generic, hvm. Older tools wrote linux")]
    [InlineData("type='pv'\nbuilder='hvm'", "contradict")]
    [InlineData("on_crash = 'bogus'", "`on_crash' is \"bogus\"")]
    [InlineData("uuid = 'xyz'", "`uuid' is \"xyz\"")]
    [InlineData("cpus = 'zzz'", "`cpus': `zzz' is not a CPU")]
    [InlineData("vcpus=4\nmaxvcpus=2", "`maxvcpus' (2) is less than `vcpus' (4)")]
    [InlineData("memory = '-1'", "must lie between 0")]
    [InlineData("name = ''", "the name is empty")]
    [InlineData("name = 'a/b'", "names have no `/'")]
    [InlineData("tsc_mode = 'x'", "`tsc_mode' is \"x\"")]
    public void Errors(string text, string message)
    {
        var reading = Read(Minimal + text);
        Assert.Null(reading.Config);
        Assert.Contains(message, Assert.Single(reading.Diagnostics, d => d.Severity == Severity.Error).ToString());
    }

    /// <summary>Keys and forms that xm had, or that other programs write beside xl's.</summary>
    [Fact]
    public void A_uuid_without_dashes_and_keys_of_other_programs()
    {
        var config = Read(Minimal + "uuid='c4c63b49a9d0c9ba8bb25bcda2dec5a5'\nmaxcpus=1\n").Config!;
        Assert.Equal(Guid.Parse("c4c63b49-a9d0-c9ba-8bb2-5bcda2dec5a5"), config.Uuid);
    }

    [Theory]
    [InlineData("name='e'", "neither `kernel' nor `bootloader'")]
    [InlineData("", "neither `kernel' nor `bootloader'")]
    public void Nothing_to_boot(string text, string message) => Assert.Contains(message, Assert.Single(Read(text).Diagnostics).Message);

    [Fact]
    public void Without_a_name_the_file_gives_it_but_not_dev_null()
    {
        Assert.Equal("f", Read("kernel='/k'").Config!.Name);
        Assert.Equal("web.example.org", ConfigReading.FromText("kernel='/k'", "/etc/xen/web.example.org.cfg", [], 2).Config!.Name);
        Assert.Contains("no name", Assert.Single(ConfigReading.FromText("kernel='/k'", "/dev/null", [], 2).Diagnostics).Message);
    }

    [Fact]
    public void Unknown_keys_warn_and_older_keys_do_not()
    {
        var reading = Read(Minimal + "my_own_note = 'x'\nnic = 1\nip = '1.2.3.4'\nboot = 'c'\nacpi = 1\n");
        Assert.NotNull(reading.Config);
        Assert.Contains("`my_own_note'", Assert.Single(reading.Diagnostics, d => d.Severity == Severity.Warning).Message);
    }

    [Fact]
    public void Overrides_name_the_assignment_they_stand_in()
    {
        var reading = ConfigReading.FromText(Minimal, "f.cfg", ["memory=64", "vcpus=two"], 2);
        Assert.Equal("command line:2:7", reading.Diagnostics.Single().Position.ToString());
        Assert.Equal(64 * 1024, ConfigReading.FromText(Minimal, "f.cfg", ["memory=64"], 2).Config!.EffectiveMemoryKiB);
    }

    [Theory]
    [InlineData("memory = 010", 8)]
    [InlineData("memory = 0x40", 64)]
    [InlineData("memory = '300'", 300)]
    [InlineData("", 32)]
    [InlineData("memory = 300\nmaxmem = 200", 200)]
    [InlineData("maxmem = 200", 200)]
    public void Memory_in_MiB(string text, long mib) => Assert.Equal(mib * 1024, Read(Minimal + text).Config!.EffectiveMemoryKiB);

    [Fact]
    public void Types_that_cannot_run_are_refused_at_creation_by_name()
    {
        var reading = Read(Minimal + "type = 'pvh'");
        Assert.NotNull(reading.Config);
        Assert.Contains("type \"pvh\"", Assert.Single(reading.Diagnostics, d => d.Severity == Severity.Creation).Message);
    }

    [Fact]
    public void Two_disks_of_one_name_fail_the_creation() =>
        Assert.Contains("already has a disk", Read(Minimal + "disk = ['file:/a,xvda,w','file:/b,51712,w']").Diagnostics
            .Where(d => d.Severity == Severity.Creation).Select(d => d.Message).Single(m => m.Contains("xvda")));

    [Theory]
    [InlineData("0-1", new[] { 0, 1 })]
    [InlineData("all,^1", new[] { 0, 2, 3, 4, 5, 6, 7 })]
    [InlineData("nodes:0", new[] { 0, 1, 2, 3 })]
    [InlineData("50", new int[0])]
    public void Cpu_sets(string text, int[] expected)
    {
        Assert.True(CpuSet.TryParse(text, 4, out var cpus, out var problem), problem);
        Assert.Equal(expected, cpus);
    }

    [Fact]
    public void A_configuration_survives_the_trip_to_the_monitor()
    {
        var config = Read(Minimal + """
            vcpus = 2; cpus = ['0','1']; memory = 64; on_crash = 'preserve'; extra = 'a "b" ü'
            disk = [ 'file:/a,xvda,w!' ]; vif = [ 'mac=00:16:3e:00:00:01,rate=1MB/s' ]; channel = ['name=c,connection=pty']
            """).Config!;

        var back = DomainConfigSerializer.Deserialize(DomainConfigSerializer.Serialize(config));

        Assert.Equal(LibxlJson.DryRun(config), LibxlJson.DryRun(back));
        Assert.Equal(config.Uuid, back.Uuid);
        Assert.True(back.Disks[0].Shared);
    }

    [Fact]
    public void Every_key_is_in_the_table_once_and_explains_its_state()
    {
        var keys = KeyTable.Sections.SelectMany(section => section.Keys).ToList();
        Assert.Equal(keys.Count, keys.DistinctBy(key => key.Name).Count());
        Assert.All(keys, key => Assert.Equal(key.State == KeyState.Works, key.Reason is null));
        Assert.All(keys, key => Assert.NotEmpty(key.Meaning));
    }

    private static ConfigReading Read(string text) => ConfigReading.FromText(text, "f.cfg", [], 2);
}
