using Xenolith.Toolstack.Devices.Disks;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Tests.Unit.Cli;

/// <summary>xl block-list, block-attach, block-detach, cd-eject.</summary>
public sealed class DiskCommandTests
{
    private readonly XlRun _run = new();

    public DiskCommandTests()
    {
        _run.Host.Domains.Add(new DomainSummary { Domid = 1, Name = "testpv", Uuid = Guid.Empty, MemoryKib = 0, MaximumKib = 0, Vcpus = 1 });
        _run.Host.DiskRows[1] =
        [
            new DiskStatus(51712, 4, 8, 8, "/local/domain/0/backend/vbd/1/51712"),
            new DiskStatus(51728, 4, 11, 524, "/local/domain/0/backend/vbd/1/51728"),
        ];
    }

    [Fact]
    public void Block_list_is_what_real_xl_prints()
    {
        Assert.Equal(0, _run.Xl("block-list", "testpv"));
        Assert.Equal(
            "Vdev  BE  handle state evt-ch ring-ref BE-path                       \n"
            + "51712 0   1      4     8      8        /local/domain/0/backend/vbd/1/51712\n"
            + "51728 0   1      4     11     524      /local/domain/0/backend/vbd/1/51728\n",
            _run.Stdout);
    }

    [Fact]
    public void An_unknown_domain_is_named_and_the_others_are_listed()
    {
        Assert.Equal(0, _run.Xl("block-list", "nobody", "testpv"));
        Assert.Contains("nobody is an invalid domain identifier", _run.Stderr);
        Assert.Contains("51712 0 ", _run.Stdout);
    }

    [Fact]
    public void Disks_are_attached_detached_and_changed()
    {
        Assert.Equal(0, _run.Xl("block-attach", "testpv", "format=raw", "vdev=xvdc", "access=r", "target=/a.img"));
        Assert.Equal(0, _run.Xl("block-detach", "testpv", "xvdb"));
        Assert.Equal(0, _run.Xl("block-detach", "--force", "testpv", "51728"));
        Assert.Equal(0, _run.Xl("cd-eject", "testpv", "xvdc"));

        Assert.Equal(["attach 1 vbd xvdc /a.img r", "detach 1 vbd 51728 ThenFail", "detach 1 vbd 51728 None", "medium 1 xvdc Empty "], _run.Host.Asked);
    }

    [Fact]
    public void A_disk_that_is_not_there_is_named()
    {
        Assert.Equal(1, _run.Xl("block-detach", "testpv", "xvdz"));
        Assert.Contains("Device xvdz not connected", _run.Stderr);
    }
}
