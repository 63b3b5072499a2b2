using Xenolith.Cli.Domains;
using Xenolith.Config;
using Xenolith.Config.Disks;
using Xenolith.Config.Nics;
using Xenolith.Tests.Unit.Captures;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Tests.Unit.Cli;

/// <summary>Tables and JSON of xl equal to real Xen's, byte by byte, on a host in the same state.</summary>
public sealed class ListCaptureTests
{
    private static readonly Guid TestUuid = new("81299b4e-5db4-460e-b859-6f96dc547573");

    [Theory]
    [InlineData("xl-list", 31.5)]
    [InlineData("xl-list-Z", 34.7)]
    [InlineData("xl-list-c", 35.9)]
    [InlineData("xl-list-n", 36.8)]
    [InlineData("xl-list-v", 31.8)]
    [InlineData("xl-claims", 42.6)]
    [InlineData("xl-list-l", 0)]
    [InlineData("xl-list-l-domid0", 0)]
    [InlineData("xl-cpupool-list", 0)]
    [InlineData("xl-cpupool-list-c", 0)]
    [InlineData("xl-uptime", 0)]
    [InlineData("xl-info-name", 0)]
    [InlineData("xl-domid-Domain-0", 0)]
    [InlineData("xl-domname-0", 0)]
    [InlineData("xl-getenforce", 0)]
    [InlineData("xl-sched-credit2", 0)]
    [InlineData("xl-block-list-0", 0)]
    [InlineData("xl-network-list-0", 0)]
    public void Domain_0_alone(string name, double seconds)
    {
        var run = new XlRun { Now = 31 };
        run.Host.Domains.Add(Domain0(seconds));
        run.Host.FactRows.Add(("free_memory", "3028"));
        Check("xl-basic.txt", name, run);
    }

    [Fact]
    public void Facts_have_real_xls_names_in_its_order_and_its_columns()
    {
        var run = new XlRun();
        run.Host.FactRows.AddRange(Xenolith.Cli.Domains.HostFacts.Read(new MemoryPromises(4 << 20, 1 << 20, 0, 3 << 20), "dom0_mem=1024M"));
        Assert.Equal(0, run.Xl("info"));
        static IEnumerable<string> Names(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[..line.IndexOf(':')]);
        Assert.Equal(Names(XenCapture.Read("xl-basic.txt").Single(capture => capture.Name == "xl-info").Stdout), Names(run.Stdout));
        Assert.Contains("total_memory           : 4096\nfree_memory            : 3072\n", run.Stdout);
    }

    [Theory]
    [InlineData("xl-vcpu-list", 20.8, 16.9)]
    [InlineData("xl-vcpu-list-0", 20.9, 17.0)]
    public void Vcpus_of_Domain_0(string name, double first, double second)
    {
        var run = new XlRun();
        run.Host.Domains.Add(Domain0(0));
        run.Host.VcpuRows[0] = [new(0, true, false, 0, (long)(first * 1e9), "all"), new(1, true, true, 1, (long)(second * 1e9), "all")];
        Check("xl-basic.txt", name, run);
    }

    [Theory]
    [InlineData("xl-info")]
    [InlineData("xl-info-n")]
    public void Facts_are_laid_out_as_real_xls(string name)
    {
        var captures = XenCapture.Read("xl-basic.txt");
        var run = new XlRun();
        run.Host.FactRows.AddRange(captures.Single(capture => capture.Name == "xl-info").Stdout.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(':', 2)).Select(words => (words[0].Trim(), words[1][1..])));
        Assert.Equal(0, run.Xl([.. captures.Single(capture => capture.Name == name).Command.Split(' ').Skip(1)]));

        // Real Xen counts the holes of the address space as memory of the node.
        Assert.Equal(captures.Single(capture => capture.Name == name).Stdout.Replace(" 5120 ", " 4095 "), run.Stdout);
    }

    [Fact]
    public void Uptime_in_short()
    {
        var expected = XenCapture.Read("xl-basic.txt").Single(capture => capture.Name == "xl-uptime-s");
        var run = new XlRun { Now = 31 };
        run.Host.Domains.Add(Domain0(0));
        Assert.Equal(0, run.Xl("uptime", "-s"));
        static string WithoutClock(string text) => System.Text.RegularExpressions.Regex.Replace(text, "^ [0-9:]{8} ", " ");
        Assert.Equal(WithoutClock(expected.Stdout), WithoutClock(run.Stdout));
    }

    /// <summary>Commands that real xl refuses are refused with its code, and say so on standard error alone.</summary>
    [Theory]
    [InlineData("xl-badcmd")]
    [InlineData("xl-badopt")]
    public void Refusals(string name)
    {
        var expected = XenCapture.Read("xl-basic.txt").Single(capture => capture.Name == name);
        var run = new XlRun();
        Assert.Equal(expected.Exit, run.Xl([.. expected.Command.Split(' ').Skip(1)]));
        Assert.Empty(run.Stdout);
        Assert.NotEmpty(run.Stderr);
    }

    [Theory]
    [InlineData("01-list-paused", 171.4)]
    [InlineData("01-list-l-paused", 0)]
    [InlineData("01-vcpu-list-paused", 0)]
    public void A_paused_domain(string name, double hostSeconds)
    {
        var run = Started(hostSeconds, Guest() with { Paused = true });
        run.Host.VcpuRows[1] = [new(0, true, false, 1, 0, "all")];
        Check("xl-lists.txt", name, run);
    }

    [Theory]
    [InlineData("03-list", 176.6)]
    [InlineData("03-list-name", 0)]
    [InlineData("03-list-v", 176.8)]
    [InlineData("03-list-l-testpv", 0)]
    [InlineData("03-vm-list", 0)]
    [InlineData("03-domid", 0)]
    [InlineData("03-domname", 0)]
    [InlineData("03-uptime", 0)]
    [InlineData("03-vcpu-list-testpv", 0)]
    [InlineData("03-vcpu-list", 0)]
    [InlineData("03-list-l-all", 0)]
    [InlineData("12-sched", 0)]
    [InlineData("12-sched-d", 0)]
    public void A_running_domain(string name, double hostSeconds)
    {
        var run = Started(hostSeconds, Guest() with { Blocked = true, CpuNanoseconds = 3_300_000_000, CreatedAt = 195 });
        run.Host.VcpuRows[0] = [new(0, true, true, 0, 90_800_000_000, "all"), new(1, true, false, 1, 87_400_000_000, "all")];
        run.Host.VcpuRows[1] = [new(0, true, false, 1, 3_300_000_000, "all")];
        Check("xl-lists.txt", name, run);
    }

    [Theory]
    [InlineData("18-list-after-reboot", 351.9, "testpv", 4, 1, 12.9, true)]
    [InlineData("01-list-poweroff-preserved", 164.1, "verb", 47, 0, 3.4, false)]
    [InlineData("01-list-v", 164.5, "verb", 47, 0, 3.4, false)]
    [InlineData("01-vcpu-list-preserved", 0, "verb", 47, 0, 3.4, false)]
    [InlineData("02-list-crashed", 171.0, "crashp", 48, 3, 3.2, false)]
    [InlineData("02-list-v-crashed", 171.1, "crashp", 48, 3, 3.2, false)]
    public void Domains_that_have_shut_down(string name, double hostSeconds, string domain, int domid, int reason, double seconds, bool paused)
    {
        var uuid = domain switch { "verb" => new("2f6a1608-f33a-4ecd-843e-9eaba9c3ef13"), "crashp" => new("ce9ee1bd-6dfe-4577-9e5e-250981f0197f"), _ => TestUuid };
        var guest = Guest() with { Domid = domid, Name = domain, Uuid = uuid, ShutdownReason = reason, CpuNanoseconds = (long)(seconds * 1e9), Paused = paused };
        var run = Started(hostSeconds, guest);
        run.Host.VcpuRows[domid] = [new(0, true, false, 1, guest.CpuNanoseconds, "all")];
        Check("xl-lists.txt", name, run);
    }

    [Theory]
    [InlineData("05-list-after-pause", 184.9, true, 3.4)]
    [InlineData("17-list-after-shutdown", 266.4, false, 0)]
    [InlineData("06-list", 195.9, false, 0)]
    [InlineData("07-list", 202.9, false, 0)]
    public void The_list_after_a_change(string name, double hostSeconds, bool isPaused, double seconds)
    {
        var run = Started(hostSeconds, Guest() with { Paused = true, CpuNanoseconds = (long)(seconds * 1e9) });
        if (!isPaused)
            run.Host.Domains.RemoveAt(1);
        Check("xl-lists.txt", name, run);
    }

    /// <summary>Captures that are no test of this class, with what shows the same, or why nothing does.</summary>
    private static readonly Dictionary<string, string> Elsewhere = new()
    {
        ["xl-noargs"] = "XlCommandTests",
        ["xl-help"] = "the same table as xl-noargs: XlCommandTests",
        ["xl-dashdashhelp"] = "help here: a deviation of docs/support.md",
        ["xl-version-opt"] = "the version here: a deviation of docs/support.md",
        ["xl-dmesg"] = "real Xen's own boot",
        ["xl-sched-credit"] = "ResourceCommandTests",
        ["xentop-b"] = "TopTests",
        ["ls-xen-paths"] = "no command of ours",
        ["xenstore-list-root"] = "StoreCaptureTests",
        ["xenstore-ls-f-dom0only"] = "StoreCaptureTests",
        ["xenstore-ls-fp-dom0only"] = "StoreCaptureTests",
        ["18-list-after-destroy"] = "a race of the capture itself",
    };

    [Theory]
    [InlineData("xl-basic.txt")]
    [InlineData("xl-lists.txt")]
    public void Every_capture_is_a_test_or_has_a_reason(string file)
    {
        var tested = typeof(ListCaptureTests).GetMethods()
            .SelectMany(method => method.GetCustomAttributes(typeof(InlineDataAttribute), false).Cast<InlineDataAttribute>())
            .Select(row => row.Data[0]).OfType<string>()
            .Concat(Elsewhere.Keys).Append("xl-uptime-s").ToHashSet();
        Assert.DoesNotContain(XenCapture.Read(file), capture => !tested.Contains(capture.Name));
    }

    private static void Check(string file, string name, XlRun run)
    {
        var expected = XenCapture.Read(file).Single(capture => capture.Name == name);
        Assert.Equal(expected.Exit, run.Xl([.. expected.Command.Split(' ').Skip(1)]));
        // Real Xen's Domain-0 has one page less in its JSON than in its table; ours has no such page.
        Assert.Equal(expected.Stdout.Replace("1048575", "1048576"), run.Stdout);
    }

    private static XlRun Started(double hostSeconds, DomainSummary guest)
    {
        var run = new XlRun { Now = 215 };
        run.Host.Domains.AddRange([Domain0(hostSeconds), guest]);
        run.Host.Configs[guest.Domid] = Config();
        return run;
    }

    private static DomainSummary Domain0(double seconds) => new()
    {
        Domid = 0,
        Name = "Domain-0",
        Uuid = Guid.Empty,
        MemoryKib = 1048576,
        MaximumKib = 1048576,
        Vcpus = 2,
        MaximumVcpus = 2,
        Running = true,
        CpuNanoseconds = (long)(seconds * 1e9),
        CreatedAt = 0,
    };

    private static DomainSummary Guest() => new()
    {
        Domid = 1,
        Name = "testpv",
        Uuid = TestUuid,
        MemoryKib = 262144,
        MaximumKib = 262144,
        Vcpus = 1,
        MaximumVcpus = 1,
    };

    private static DomainConfig Config() => new()
    {
        Name = "testpv",
        Uuid = TestUuid,
        MemoryKiB = 262144,
        MaxMemoryKiB = 262144,
        Kernel = "/dom/vmlinuz",
        Ramdisk = "/dom/initrd.gz",
        CommandLine = "console=hvc0 quiet mods=1 net=1 hold=99999",
        Disks = [new DiskConfig { Target = "/dom/disk.img", VirtualDevice = "xvda", Writable = true }],
        Nics = [new NicConfig { Mac = "00:16:3e:12:34:56", Bridge = "xenbr0" }],
        Actions = new ShutdownActions { OnCrash = ShutdownAction.Preserve },
    };
}
