using Xenolith.Tests.Guests;

namespace Xenolith.Tests.Clients.Toolstack;

/// <summary>Programs of xen-tools beside our xl.</summary>
[Collection("guests")]
public sealed class XenToolsTests : CallerHost
{
    private (string, string)[] Perl => [("PERL5LIB", $"{Packages}/usr/share/perl5:{Packages}/usr/lib/x86_64-linux-gnu/perl5/5.36")];

    [Fact]
    public void Xen_list_images_reads_our_configurations()
    {
        var file = Config("web", "quiet", "vif = ['ip=10.0.0.5,mac=00:16:3e:00:00:01']");
        var output = CallOk("/usr/bin/perl", [$"{Packages}/usr/bin/xen-list-images", $"--test={Path}"], Perl);
        Assert.Equal($"Name: web\nMemory: 128 MB\nIP: 10.0.0.5\nConfig: {file}\n", output);
    }

    [Fact]
    public void Xen_delete_image_spares_what_runs_and_deletes_what_does_not()
    {
        foreach (var name in (string[])["running", "idle"])
            Write($"images/domains/{name}/disk.img", "disk");
        XlOk("create", "-p", Config("running", "run=sleep,1000"));
        var output = CallOk("/usr/bin/perl", [$"{Packages}/usr/bin/xen-delete-image", "--test", $"--dir={Path}/images", "running", "idle"], Perl);
        Assert.Equal(
            $"Skipping xen guest 'running' - it appears to be running.\nRemoving: {Path}/images/domains/idle\n", output);
        Assert.True(File.Exists($"{Path}/images/domains/running/disk.img"));
        Assert.False(Directory.Exists($"{Path}/images/domains/idle"));
    }
}
