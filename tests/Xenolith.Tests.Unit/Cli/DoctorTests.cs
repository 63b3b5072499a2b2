using Xenolith.Cli.Commands;
using Xenolith.Cli.Doctor;
using Xenolith.Cli.Programs;

namespace Xenolith.Tests.Unit.Cli;

/// <summary><c>xl doctor</c> on machines as they are, and as they could be.</summary>
public sealed class DoctorTests
{
    private readonly Machine _machine = new()
    {
        Files =
        {
            ["/proc/cpuinfo"] = "processor : 0\nflags\t\t: fpu avx2 bmi1 bmi2 fma movbe fsgsbase constant_tsc nonstop_tsc\n",
            ["/proc/sys/vm/max_map_count"] = "65530\n",
            ["/proc/self/limits"] = "Max open files            20000                20000                files     \nMax locked memory         unlimited            unlimited            bytes\n",
            ["/proc/self/cgroup"] = "0::/user\n",
            ["/sys/fs/cgroup/cgroup.controllers"] = "cpu io memory\n",
            ["/sys/fs/cgroup/user/cgroup.controllers"] = "cpu memory\n",
            ["/proc/self/status"] = "CapEff:\t0000000000001000\n",
            ["/proc/sys/user/max_user_namespaces"] = "100\n",
        },
        Directories = { ["/sys/class/net"] = ["lo", "xenbr0"], ["/sys/class/net/xenbr0"] = ["bridge"], ["/etc/xen/scripts"] = ["vif-bridge"] },
        Programs = { "passt", "qemu-nbd", "nbdkit" },
        Openable = { "/dev/net/tun", "/dev/kvm" },
    };

    private string _output = "";

    [Fact]
    public void A_whole_machine_is_good()
    {
        Assert.Equal(0, Run());
        Assert.DoesNotContain("BAD", _output);
        Assert.Contains("good  bridges          xenbr0\n", _output);
        Assert.Contains("good  cgroups          /sys/fs/cgroup/user is ours and has cpu: weights and caps work\n", _output);
    }

    [Fact]
    public void A_CPU_without_AVX2_is_bad_and_named()
    {
        _machine.Files["/proc/cpuinfo"] = "flags : fpu bmi1 bmi2 fma movbe\n";
        Assert.Equal(1, Run());
        Assert.Contains("BAD   processor        the translator needs avx2, which this CPU lacks or hides\n", _output);
    }

    [Fact]
    public void What_is_missing_is_off_with_a_reason_and_a_next_step()
    {
        _machine.Programs.Clear();
        _machine.Openable.Clear();
        _machine.Directories.Clear();
        _machine.Files.Remove("/proc/self/cgroup");
        Assert.Equal(0, Run());
        foreach (var subject in (string[])["/dev/kvm", "cgroups", "TAP", "bridges", "passt", "hotplug scripts", "qemu-nbd", "nbdkit"])
            Assert.Contains($"off   {subject} ", _output);
        Assert.Contains("-> apt-get install passt\n", _output);
        Assert.Contains("/dev/net/tun: this user may not open it", _output);
    }

    [Fact]
    public void A_TAP_needs_the_right_to_make_it()
    {
        _machine.Files["/proc/self/status"] = "CapEff:\t0000000000000fff\n";
        Run();
        Assert.Contains("off   TAP              without CAP_NET_ADMIN interfaces cannot be made", _output);
    }

    private int Run()
    {
        var host = new FakeHost();
        host.Domains.Add(new() { Domid = 0, Name = "Domain-0", Uuid = Guid.Empty, MemoryKib = 0, MaximumKib = 0, Vcpus = 1 });
        host.FactRows.AddRange([("total_memory", "1000"), ("free_memory", "500")]);
        var terminal = new Terminal(new Output(), new Output());
        var code = DoctorCommand.Run(new Invocation("xl", DoctorCommand.Command, new(), [], [], terminal, new Services(() => host)), _machine);
        _output = terminal.Out.Pending;
        return code;
    }

    private sealed class Machine : IHostProbe
    {
        public Dictionary<string, string> Files { get; } = [];

        public Dictionary<string, string[]> Directories { get; } = [];

        public HashSet<string> Programs { get; } = [];

        public HashSet<string> Openable { get; } = [];

        public string? Read(string path) => Files.GetValueOrDefault(path);

        public IReadOnlyList<string> Names(string directory) => Directories.GetValueOrDefault(directory) ?? [];

        public bool CanOpen(string path, out string why)
        {
            why = "this user may not open it";
            return Openable.Contains(path);
        }

        public bool CanMakeDirectories(string path) => true;

        public string? FindProgram(string name) => Programs.Contains(name) ? $"/usr/bin/{name}" : null;
    }
}
