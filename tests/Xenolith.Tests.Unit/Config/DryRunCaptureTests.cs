using System.Text.RegularExpressions;
using Xenolith.Config;
using Xenolith.Config.Grammar;
using Xenolith.Config.Json;
using Xenolith.Tests.Unit.Captures;

namespace Xenolith.Tests.Unit.Config;

/// <summary>Every configuration of the capture <c>xl-dryrun.txt</c> gives the JSON and the exit code that real xl 4.17 gave.</summary>
public sealed partial class DryRunCaptureTests
{
    private const int HostCpus = 2;

    // Where we are deliberately stricter or more lenient than real xl; docs/support.md says why.
    private static readonly Dictionary<string, string> Deviations = new()
    {
        ["03-disks"] = "`w!' is accepted: it is the only way to ask for a shared image",
        ["04-vifs"] = "an unknown vif key is an error, not a remark",
    };

    private static readonly IReadOnlyList<XenCapture> Cases =
        [.. XenCapture.Read("xl-dryrun.txt").Where(c => c.Command.StartsWith("xl ") && c.Command.Contains(" create "))];

    public static TheoryData<string> Names => [.. Cases.Select(c => c.Name).Where(name => !Deviations.ContainsKey(name))];

    [Theory]
    [MemberData(nameof(Names))]
    public void Agrees_with_real_xl(string name)
    {
        var expected = Cases.Single(c => c.Name == name);
        var reading = Read(expected);

        Assert.Equal(expected.Exit, ExitCode(reading));
        if (expected.Exit == 0)
            Assert.Equal(WithoutUuid(expected.Stdout), WithoutUuid(LibxlJson.DryRun(reading.Config!)));
    }

    [Fact]
    public void Captures_of_each_of_the_22_files_are_present() => Assert.Equal(22, Cases.Count(c => c.Config.Length > 0));

    [Fact]
    public void Disks_of_every_form_are_read_where_real_xl_stops_at_the_shared_one()
    {
        var reading = Read(Cases.Single(c => c.Name == "03-disks"));

        Assert.Equal(21, reading.Config!.Disks.Length);
        Assert.True(reading.Config.Disks[8] is { Shared: true, Writable: true, VirtualDevice: "xvdf1", Target: "/dev/vg/lv" });
        Assert.Equal("iqn=foo,portal=1.2.3.4", reading.Config.Disks[14].Target);
        Assert.Contains(reading.Diagnostics, d => d.Severity == Severity.Creation && d.Message.Contains("`d10'"));
    }

    [Fact]
    public void An_unknown_vif_key_is_an_error_and_the_rest_agrees_with_real_xl()
    {
        var capture = Cases.Single(c => c.Name == "04-vifs");
        var error = Assert.Single(Read(capture).Diagnostics, d => d.Severity == Severity.Error);
        Assert.Contains("`trusted'", error.Message);

        var repaired = Read(capture with { Config = capture.Config.Replace("'trusted=0'", "''").Replace("type=vif , bridge = sp0 ", "") });
        Assert.Equal(WithoutUuid(capture.Stdout), WithoutUuid(LibxlJson.DryRun(repaired.Config!)));
    }

    private static ConfigReading Read(XenCapture capture)
    {
        var words = capture.Command.Split(' ').SkipWhile(word => word != "create").Skip(1).Where(word => word != "-n").ToList();
        var text = capture.Config.Length > 0 || words.Contains("/dev/null") ? capture.Config : Cases.Single(c => c.Name == "01-min").Config;
        var file = words.First(word => !word.Contains('=') || word.StartsWith("--defconfig"));
        return ConfigReading.FromText(text, file, words.Where(word => word.Contains('=') && !word.StartsWith("--")), HostCpus);
    }

    private static int ExitCode(ConfigReading reading) => reading.Diagnostics.Worst switch
    {
        Severity.Error => 1,
        Severity.Rejected => 3,
        _ => 0,
    };

    private static string WithoutUuid(string json) => UuidMember().Replace(json, "\"uuid\": \"*\"");

    [GeneratedRegex("\"uuid\": \"[0-9a-f-]{36}\"")]
    private static partial Regex UuidMember();
}
