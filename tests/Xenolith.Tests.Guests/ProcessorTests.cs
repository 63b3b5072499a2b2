using Xenolith.Host.Cgroups;

namespace Xenolith.Tests.Guests;

/// <summary>vCPUs of a running guest: up and down, where they run, what share they get; and what an operator sends to them.</summary>
[Collection("guests")]
public sealed class ProcessorTests : GuestHost
{
    private static readonly bool OneCpu = Environment.ProcessorCount == 1;

    [Fact]
    public void Vcpus_go_and_come_and_stay_where_they_are_put()
    {
        XlOk("create", Config("guest", string.Empty, "vcpus = 2", "cpus = [\"0\", \"all\"]"));
        AwaitConsole("guest", "domU:");
        Eventually(() => Find("guest")!.Vcpus == 2, "the second vCPU does not come up");
        Assert.Equal((OneCpu ? "all" : "0", "all"), (VcpuRow(0)[^3], VcpuRow(1)[^3]));
        Assert.Equal("0", Allowed(0));

        XlOk("vcpu-set", "guest", "1");
        Eventually(() => Find("guest")!.Vcpus == 1, "the second vCPU does not go down");
        Eventually(() => VcpuRow(1)[3..5] is ["-", "--p"], "the second vCPU is not listed as down");
        Assert.Equal("offline", Run("xenstore-read", "/local/domain/1/cpu/1/availability").Output.Trim());

        XlOk("vcpu-set", "guest", "2");
        // Linux leaves it to its udev to start a processor that has been added.
        Type("guest", "until echo 1 > /sys/devices/system/cpu/cpu1/online; do sleep 1; done; echo cp''us $(nproc)");
        AwaitConsole("guest", "\ncpus 2");
        Eventually(() => Find("guest")!.Vcpus == 2, "the second vCPU does not come back");

        XlOk("vcpu-pin", "guest", "all", "0", "0");
        Assert.Equal(("0", "0"), (Allowed(0), Allowed(1)));
        XlOk("vcpu-pin", "guest", "1", "all", "-");
        Assert.Equal(OneCpu ? ["all", "/", "all"] : ["all", "/", "0"], VcpuRow(1)[^3..]);

        Refused("has at most 2 vCPUs; 3 were asked for", "vcpu-set", "-i", "guest", "3");
        Refused("vcpu hard affinity map is empty", "vcpu-pin", "guest", "0", "4000");
        Refused("has no vCPU 7", "vcpu-pin", "guest", "7", "0");
    }

    [Fact]
    public void Weight_and_cap_are_the_cgroups_or_refused()
    {
        var grouped = CpuController.Find(out _) is not null;
        var created = Xl("create", "-p", Config("guest", string.Empty, "vcpus = 2", "cpu_weight = 512", "cap = 150"));
        if (!grouped || created.ExitCode != 0)
        {
            // A kernel may let us make a group and still refuse to put a process into it.
            Assert.Equal(3, created.ExitCode);
            Assert.Contains(grouped ? "the CPU share of domain guest cannot be set: " : "domain guest cannot be capped at 150%: ", created.Error);
            return;
        }

        var group = StateOf(1, "cpu-group");
        var unified = File.Exists(System.IO.Path.Combine(group, "cpu.weight"));
        string Setting(string name) => File.ReadAllText(System.IO.Path.Combine(group, name)).Trim();
        Assert.Contains(StateOf(1, "process"), Setting("cgroup.procs"));
        Assert.Equal("Name                                ID Weight  Cap\nguest                                1    512  150\n", XlOk("sched-credit2", "-d", "guest").Output);
        Assert.Equal(unified ? "200" : "2048", Setting(unified ? "cpu.weight" : "cpu.shares"));
        Assert.StartsWith("150000", Setting(unified ? "cpu.max" : "cpu.cfs_quota_us"));

        XlOk("sched-credit", "-d", "guest", "-w", "128", "-c", "0");
        Assert.Equal(unified ? "50" : "512", Setting(unified ? "cpu.weight" : "cpu.shares"));
        Assert.StartsWith(unified ? "max" : "-1", Setting(unified ? "cpu.max" : "cpu.cfs_quota_us"));
        Refused("out of range; it goes from 1 to 65535", "sched-credit2", "-d", "guest", "-w", "0");
        Refused("with 2 vCPUs it goes from 0 (none) to 200", "sched-credit2", "-d", "guest", "-c", "201");

        XlOk("destroy", "guest");
        // A process leaves its group only when the kernel has ended its last thread.
        Eventually(() => !Directory.Exists(group), "its group is left");
    }

    [Fact]
    public void An_operator_reaches_the_guest_and_its_next_boot()
    {
        var config = Config("guest", string.Empty, "memory = 96");
        XlOk("create", config);
        AwaitConsole("guest", "domU:");

        XlOk("debug-keys", "hqerg");
        var log = XlOk("dmesg").Output;
        Assert.Contains("(XEN) General information for domain 1:", log);
        Assert.Matches(@"\(XEN\) +1 \[[01]\]: s=3 n=0 d=0 p=\d+", log);
        Assert.Contains("(XEN) grant-table for remote d1", log);
        Refused("the debug key '?' shows nothing here", "debug-keys", "?");

        XlOk("trigger", "guest", "nmi");
        AwaitConsole("guest", "NMI received for unknown reason");
        Assert.Contains("PV guests know only nmi", XlOk("trigger", "guest", "power").Error);

        File.AppendAllText(config, "memory = 112\n");
        XlOk("config-update", "guest", config);
        XlOk("reboot", "guest");
        Eventually(() => Find("guest") is { Domid: 2, Memory: 112 }, "the new configuration is not used");
    }

    private string[] VcpuRow(int vcpu) => XlOk("vcpu-list", "guest").Output.Split('\n')[vcpu + 1].Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Where a vCPU's thread may run, as the kernel has it.</summary>
    private string Allowed(int vcpu) => File.ReadLines($"/proc/{StateOf(1, "process")}/task/{StateOf(1, "threads").Split(',')[vcpu]}/status")
        .First(l => l.StartsWith("Cpus_allowed_list:")).Split('\t')[1];

    private void Refused(string why, params string[] arguments)
    {
        var outcome = Xl(arguments);
        Assert.Equal((1, string.Empty), (outcome.ExitCode, outcome.Output));
        Assert.Contains(why, outcome.Error);
    }
}
