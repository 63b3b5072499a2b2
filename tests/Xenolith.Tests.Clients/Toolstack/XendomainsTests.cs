using Xenolith.Tests.Guests;

namespace Xenolith.Tests.Clients.Toolstack;

/// <summary>
/// Scripts that start and stop domains with the host: upstream's <c>xendomains</c> helper, Debian's init script with its two helpers, and ours.
/// The scripts are as packaged but for the places they name; and for their look at a device of Xen's kernel, which only a real Xen has.
/// </summary>
[Collection("guests")]
public sealed class XendomainsTests : CallerHost
{
    private const string Quiet = "run=sleep,1000";

    [Fact]
    public void Upstreams_helper_starts_skips_shows_and_stops()
    {
        var auto = Auto("alpha", "beta");
        var paths = Write("hotplugpath.sh", $"sbindir={GuestImages.Programs}\nbindir={GuestImages.Programs}\nXEN_LOCK_DIR={Path}/locks\n");
        var settings = Write("xendomains", $"""
            XENDOMAINS_AUTO={auto}
            XENDOMAINS_AUTO_ONLY=true
            XENDOMAINS_CREATE_USLEEP=0
            XENDOMAINS_USLEEP=1000
            XENDOMAINS_SYSRQ=s
            XENDOMAINS_SAVE=
            XENDOMAINS_RESTORE=false
            XENDOMAINS_SHUTDOWN=--wait
            XENDOMAINS_SHUTDOWN_ALL="--all --wait"
            XENDOMAINS_STOP_MAXWAIT=120

            """);
        var script = Installed($"{Packages}/usr/lib/xen-4.17/bin/xendomains",
            ("/etc/xen/scripts/hotplugpath.sh", paths), ("/etc/default/xendomains", settings), ("/dev/xen/privcmd", "/dev/null"));

        XlOk("create", Config("beta", Quiet));
        Assert.Contains(" 10-alpha 20-beta(skip)", CallOk("/bin/bash", [script, "start"]));
        Assert.Equal(["alpha", "beta"], List().Select(domain => domain.Name).Order());
        Assert.DoesNotContain("MISS", CallOk("/bin/bash", [script, "status"]));
        AwaitConsole("alpha", "XENOLITH-USERSPACE");
        AwaitConsole("beta", "XENOLITH-USERSPACE");

        var stopped = CallOk("/bin/bash", [script, "stop"]);
        Assert.Contains(" alpha(SR-s)(shut)", stopped);
        Assert.DoesNotContain("error", stopped);
        Eventually(() => List().Count == 0, "domains are left");
    }

    [Fact]
    public void Debians_init_script_starts_and_stops_with_its_helpers()
    {
        var auto = Auto("alpha", "beta");
        var settings = Write("default", $"XENDOMAINS_AUTO={auto}\nXENDOMAINS_STOP_MAXWAIT=120\nXENDOMAINS_SAVE=\n");
        var script = Installed($"{Packages}/etc/init.d/xendomains",
            ("/proc/xen/privcmd", "/dev/null"), ("/etc/default/xendomains", settings), ("/usr/lib/xen-common/bin", $"{Packages}/usr/lib/xen-common/bin"));

        var started = CallOk("/bin/bash", [script, "start"]);
        Assert.Contains("Starting Xen domain alpha", started);
        Assert.Equal(["alpha", "beta"], List().Select(domain => domain.Name).Order());
        Assert.Contains("Xen domain beta already running", CallOk("/bin/bash", [script, "start"]));
        Assert.Equal("1 alpha\n2 beta\n", CallOk($"{Packages}/usr/lib/xen-common/bin/xen-init-list", []));
        Assert.Equal("alpha\n", CallOk($"{Packages}/usr/lib/xen-common/bin/xen-init-name", [System.IO.Path.Combine(auto, "10-alpha")]));
        AwaitConsole("alpha", "XENOLITH-USERSPACE");
        AwaitConsole("beta", "XENOLITH-USERSPACE");

        Assert.Contains("Shutting down Xen domain alpha", CallOk("/bin/bash", [script, "stop"]));
        Eventually(() => List().Count == 0, "domains are left");
    }

    [Fact]
    public void Ours_starts_in_order_shows_and_stops_all_at_once()
    {
        var auto = Auto("alpha");
        Config("zebra", Quiet);
        (string, string)[] environment = [("xendomains", $"{Path}/zebra.cfg"), ("XENDOMAINS_AUTO", auto), ("XENDOMAINS_STOP_MAXWAIT", "120")];
        var ours = System.IO.Path.Combine(GuestImages.Programs, "xendomains");

        Assert.Equal(3, Call(ours, ["status"], environment).ExitCode);
        Assert.Equal("Starting auto Xen domains: zebra alpha\n", CallOk(ours, ["start"], environment));
        Assert.Equal([("zebra", 1), ("alpha", 2)], List().Select(domain => (domain.Name, domain.Domid)));
        Assert.Equal("Starting auto Xen domains: zebra(skip) alpha(skip)\n", CallOk(ours, ["start"], environment));
        Assert.Equal("Checking for xendomains: zebra alpha\n", CallOk(ours, ["status"], environment));
        AwaitConsole("zebra", "XENOLITH-USERSPACE");
        AwaitConsole("alpha", "XENOLITH-USERSPACE");

        Assert.Equal("Shutting down Xen domains: zebra alpha\n", CallOk(ours, ["stop"], environment));
        Eventually(() => List().Count == 0, "domains are left");
    }

    [Fact]
    public void A_domain_that_does_not_listen_is_destroyed_in_time()
    {
        XlOk("create", "-p", Config("deaf", Quiet));
        var outcome = Call(System.IO.Path.Combine(GuestImages.Programs, "xendomains"), ["stop", "--timeout=1"]);
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("Domain deaf: not shut down after 1 seconds; it is destroyed.", outcome.Error);
        Eventually(() => List().Count == 0, "domains are left");
    }

    // A directory as /etc/xen/auto is: links to configurations elsewhere.
    private string Auto(params string[] names)
    {
        var directory = Directory.CreateDirectory(System.IO.Path.Combine(Path, "auto")).FullName;
        foreach (var (number, name) in names.Index())
            File.CreateSymbolicLink(System.IO.Path.Combine(directory, $"{number + 1}0-{name}"), Config(name, Quiet));
        return directory;
    }
}
