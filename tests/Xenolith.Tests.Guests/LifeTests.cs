namespace Xenolith.Tests.Guests;

/// <summary>An unmodified Debian kernel through a whole life, as a user types it.</summary>
[Collection("guests")]
public sealed class LifeTests : GuestHost
{
    [Fact]
    public void Create_c_shows_the_whole_life_and_leaves_nothing()
    {
        var outcome = XlOk("create", "-c", Config("guest", "run=uname,-s;cat,/sys/hypervisor/type"));

        Assert.Contains("Linux\r\nxen\r\nXENOLITH-EXIT 0", outcome.Output);
        AssertNothingIsLeft();
    }

    [Fact]
    public void Two_vcpus_are_there_and_listed()
    {
        XlOk("create", Config("guest", "run=nproc;sleep,1000", "vcpus = 2"));

        AwaitConsole("guest", "\n2\r\n");
        Eventually(() => Find("guest")!.Vcpus == 2, "the list does not show both");
    }

    [Fact]
    public void A_paused_domain_runs_once_it_is_unpaused()
    {
        XlOk("create", "-p", Config("guest", "run=sleep,1000"));
        Assert.Equal("--p---", Find("guest")!.State);

        XlOk("unpause", "guest");
        AwaitConsole("guest", "XENOLITH-USERSPACE");
        Eventually(() => Find("guest")!.State == "-b----", "an idle guest does not block");

        XlOk("pause", "guest");
        Assert.Equal("--p---", Find("guest")!.State);
    }

    [Fact]
    public void Shutdown_w_waits_for_the_guests_own_poweroff()
    {
        XlOk("create", Config("guest", "run=sleep,1000"));
        AwaitConsole("guest", "XENOLITH-USERSPACE");

        Assert.Equal(
            "Shutting down domain 1\nWaiting for 1 domains\nDomain 1 has been shut down, reason code 0\n",
            XlOk("shutdown", "-w", "guest").Error);
        Eventually(() => Find("guest") is null, "it is still listed");
    }

    [Fact]
    public void A_reboot_is_a_new_domain_of_the_same_uuid()
    {
        XlOk("create", Config("guest", "run=sleep,1000"));
        AwaitConsole("guest", "XENOLITH-USERSPACE");
        var vm = Run("xenstore-read", "/local/domain/1/vm").Output;

        XlOk("reboot", "guest");

        Eventually(() => Find("guest") is { Domid: 2, State: "-b----" or "r-----" }, "it does not come back");
        Eventually(() => Run("xenstore-read", "/local/domain/2/vm").Output == vm, "it has another uuid");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_reboot_uses_the_configuration_of_the_creation_whatever_became_of_the_file(bool deleted)
    {
        var file = Config("guest", "run=echo,still-$((40+2));sleep,1000");
        XlOk("create", file);
        AwaitConsole("guest", "still-42");
        if (deleted)
            File.Delete(file);
        else
            File.WriteAllText(file, "name = 'other'\nkernel = '/nonexistent'\nmemory = 1\n");

        XlOk("reboot", "guest");

        Eventually(() => Find("guest") is { Domid: 2, Memory: 128 }, "it does not come back as it was");
        var log = System.IO.Path.Combine(Path, "log", "console", "guest-guest.log");
        Eventually(() => File.ReadAllText(log).Split("still-42").Length == 3, "it does not boot again as it was");
    }

    [Fact]
    public void A_panic_is_a_crash_that_can_be_kept()
    {
        XlOk("create", Config("guest", "run=echo,c>/proc/sysrq-trigger", "on_crash = \"preserve\""));

        Eventually(() => Find("guest")!.State == "---sc-", "the panic is not seen");
        AwaitConsole("guest", "Kernel panic - not syncing");
        var log = System.IO.Path.Combine(Path, "log", "xl-guest.log");
        Eventually(() => File.ReadAllText(log).Contains("Action for shutdown reason code 3 is preserve"), "the action is not logged");
        XlOk("destroy", "guest");
        AssertNothingIsLeft();
    }

    [Fact]
    public void What_is_typed_reaches_the_shell()
    {
        XlOk("create", Config("guest", string.Empty));
        AwaitConsole("guest", "domU:");
        var tty = Run("xenstore-read", "/local/domain/1/console/tty").Output.Trim();
        using (var terminal = new FileStream(tty, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0))
        {
            terminal.Write("echo $((6*7))typed\r"u8);
            AwaitConsole("guest", "\n42typed\r\n");
        }
    }

    [Fact]
    public void A_domain_that_does_not_fit_is_refused_with_the_figures()
    {
        var outcome = Xl("create", Config("guest", string.Empty, "memory = 9000000"));

        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains("it asks for 9000000 MiB", outcome.Error);
    }

    [Fact]
    public void Something_that_is_no_kernel_is_refused_by_name()
    {
        var outcome = Xl("create", Config("guest", string.Empty, $"kernel = \"{Environment.ProcessPath}\""));

        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains(Environment.ProcessPath!, outcome.Error);
        AssertNothingIsLeft();
    }
}
