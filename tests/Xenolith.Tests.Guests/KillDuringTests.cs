using Xenolith.Tests.Unit.Boot;

namespace Xenolith.Tests.Guests;

/// <summary>kill -9 in the middle of an order: the command that gave it ends, and nothing is left.</summary>
[Collection("guests")]
public sealed class KillDuringTests : GuestHost
{
    [Fact]
    public void Monitor_and_domain_while_a_shutdown_waits_for_the_guest()
    {
        // A paused guest never takes the request.
        XlOk("create", "-qp", Config("guest", ""));
        var domid = Find("guest")!.Domid;
        using var shutdown = Start("xl", "shutdown", "guest");
        Eventually(() => Run("xenstore-read", $"/local/domain/{domid}/control/shutdown").Output.Trim() == "poweroff", "it is not asked to shut down");

        Processes("domain-").ForEach(Kill);

        shutdown.WaitForExit();
        Assert.Equal(0, shutdown.ExitCode);
    }

    [Fact]
    public void The_monitor_while_it_attaches_a_disk_of_a_server()
    {
        var image = System.IO.Path.Combine(Path, "disk.qcow2");
        DiskImages.Run("qemu-img", "create", "-q", "-f", "qcow2", image, "64M");
        XlOk("create", "-qp", Config("guest", ""));
        using var attach = Start("xl", "block-attach", "guest", $"{image},qcow2,xvdb,w");
        Eventually(() => Processes("--cache").Count > 0, "no server is started");

        Processes("domain-monitor").ForEach(Kill);

        attach.WaitForExit();
        Eventually(() => Processes("--cache").Count == 0, "its server lives on");
        AssertNothingIsLeft();
        // Nobody holds the image.
        XlOk("create", "-qp", Config("guest", "", $"disk = [ \"{image},qcow2,xvdb,w\" ]"));
    }

    [Fact]
    public void A_domain_that_crashes_again_and_again_can_be_destroyed_for_good()
    {
        const ulong Base = 0xffffffff80000000, Code = 0x100000;
        var kernel = System.IO.Path.Combine(Path, "ud2");
        File.WriteAllBytes(kernel, new ElfBuilder().Load(Code, [0x0f, 0x0b]).LinuxNotes(Base + Code).Build());
        XlOk("create", "-q", Config("guest", "", $"kernel = \"{kernel}\"", "on_crash = \"restart\""));
        Eventually(() => Find("guest")?.Domid > 1, "it is not restarted");

        // Between two of its lives its name may be nobody's for a moment.
        Eventually(() => Xl("destroy", "guest").ExitCode == 0, "it cannot be destroyed");

        Eventually(() => Processes("domain-monitor").Count == 0, "its monitor waits for something");
        AssertNothingIsLeft();
    }
}
