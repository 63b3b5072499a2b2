using Xenolith.Config;
using Xenolith.Config.Grammar;

namespace Xenolith.Tests.Unit.Config;

/// <summary>The key <c>firmware</c> of PV guests.</summary>
public sealed class FirmwareTests
{
    [Fact]
    public void The_first_image_that_is_there_is_the_kernel()
    {
        var last = FirmwareImage.Places[^1];

        Assert.Equal(last, FirmwareImage.Find("pvgrub64", path => path == last, out var problem));
        Assert.Null(problem);
        Assert.Equal(FirmwareImage.Places[0], FirmwareImage.Find("pvgrub64", _ => true, out _));
    }

    [Theory]
    [InlineData("pvgrub64", "grub-xen-host")]
    [InlineData("pvgrub32", "32-bit")]
    [InlineData("bios", "pvgrub64")]
    public void What_is_not_there_says_what_to_do(string firmware, string says)
    {
        Assert.Null(FirmwareImage.Find(firmware, _ => false, out var problem));
        Assert.Contains(says, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("firmware = 'bios'", Severity.Error)]
    [InlineData("firmware = 'pvgrub32'", Severity.Creation)]
    [InlineData("kernel = '/k'\nfirmware = 'pvgrub64'", Severity.Error)]
    [InlineData("kernel = '/k'\nfirmware = ''", null)]
    public void It_takes_the_place_of_a_kernel(string lines, Severity? severity) => Assert.Equal(
        severity,
        ConfigReading.FromText($"name = 'e'\nmemory = 64\n{lines}\n", "e.cfg", [], 2).Diagnostics.Select(diagnostic => (Severity?)diagnostic.Severity).Max());
}
