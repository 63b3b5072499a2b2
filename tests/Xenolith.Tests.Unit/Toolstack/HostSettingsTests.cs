using Xenolith.Toolstack;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Tests.Unit.Toolstack;

/// <summary>xenolith.conf.</summary>
public sealed class HostSettingsTests
{
    private const long Total = 24 * 1024 * 1024;

    [Fact]
    public void Settings_are_read_over_their_defaults()
    {
        var settings = HostSettings.Parse("# comment\nconsole_log_size = 16 # KiB\nconsole_log_count=0\ndom0_mem = \"512\"\n", "file");

        Assert.Equal((16L, 0, 512L * 1024, true), (settings.ConsoleLogKib, settings.ConsoleLogCount, settings.Domain0Kib(Total), settings.ConsoleLog));
    }

    [Fact]
    public void Words_are_read_too()
    {
        var settings = HostSettings.Parse("vif_default_bridge = \"br7\"\nswitch_uplinks = bridge0, lan\nhotplug_timeout = 5", "file");

        Assert.Equal(("br7", 5), (settings.DefaultBridge, settings.HotplugSeconds));
        Assert.Equal(["bridge0", "lan"], settings.SwitchUplinks);
        Assert.Equal(string.Empty, HostSettings.Parse("vif_default_bridge = none", "file").DefaultBridge);
    }

    [Theory]
    [InlineData("vif_default_bridge", "file:1: vif_default_bridge wants a value")]
    [InlineData("consol_log = 1", "file:1: unknown setting \"consol_log\". Known are: console_log, ")]
    [InlineData("\nconsole_log = yes", "file:2: console_log wants a whole number, as in: console_log = 1")]
    [InlineData("dom0_mem", "file:1: dom0_mem wants a value")]
    [InlineData("\ndom0_mem = much", "file:2: in the settings: dom0_mem: \"much\" is no size such as 512M")]
    public void A_line_that_makes_no_sense_is_named(string text, string message) =>
        Assert.StartsWith(message, Assert.Throws<ToolstackException>(() => HostSettings.Parse(text, "file")).Message);
}
