using Xenolith.Host.Cgroups;

namespace Xenolith.Tests.Unit.Host;

/// <summary>Cgroups, on directories that look like the kernel's.</summary>
public sealed class CgroupTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("xenolith-cgroup-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_delegated_group_of_version_2_gives_its_children_weight_and_cap()
    {
        Put("u/app/cgroup.subtree_control", "cpu memory");
        Directory.CreateDirectory(Path.Combine(_root, "u/app/shell"));

        var controller = CpuController.Find(["0::/u/app/shell"], [Mount("cgroup2", "rw")], out _)!;

        Assert.Equal((Path.Combine(_root, "u/app"), true), (controller.Parent, controller.Unified));
        var group = controller.Create("domain");
        group.Adopt(7);
        group.SetWeight(512);
        group.SetCap(150);
        Assert.Equal(("7", "200", "150000 100000"), (Get("u/app/domain/cgroup.procs"), Get("u/app/domain/cpu.weight"), Get("u/app/domain/cpu.max")));
        group.SetWeight(65535);
        group.SetCap(0);
        Assert.Equal(("10000", "max 100000"), (Get("u/app/domain/cpu.weight"), Get("u/app/domain/cpu.max")));
    }

    [Fact]
    public void The_root_of_version_2_is_asked_for_the_controller()
    {
        Put("cgroup.controllers", "cpu io");
        Put("cgroup.subtree_control", "");

        Assert.Equal(_root, CpuController.Find(["0::/"], [Mount("cgroup2", "rw")], out _)!.Parent);
        Assert.Equal("+cpu", Get("cgroup.subtree_control"));
    }

    [Fact]
    public void Version_1_is_used_where_version_2_has_no_cpu()
    {
        Put("v2/cgroup.controllers", "hugetlb");
        Directory.CreateDirectory(Path.Combine(_root, "v1/own"));

        var controller = CpuController.Find(["1:cpu,cpuacct:/own", "0::/"], [Mount("cgroup2", "rw", "v2"), Mount("cgroup", "rw,cpu,cpuacct", "v1")], out _)!;

        Assert.Equal((Path.Combine(_root, "v1/own"), false), (controller.Parent, controller.Unified));
        var group = controller.Create("domain");
        group.SetWeight(128);
        group.SetCap(50);
        Assert.Equal(("512", "50000"), (Get("v1/own/domain/cpu.shares"), Get("v1/own/domain/cpu.cfs_quota_us")));
        group.SetCap(0);
        Assert.Equal("-1", Get("v1/own/domain/cpu.cfs_quota_us"));
    }

    [Fact]
    public void Without_a_controller_both_reasons_are_told()
    {
        Put("v2/u/cgroup.subtree_control", "memory");

        Assert.Null(CpuController.Find(["0::/u/shell"], [Mount("cgroup2", "rw", "v2")], out var reason));
        Assert.Contains("/u/shell has no cpu controller for us; cgroup v1's cpu controller is not mounted", reason);
    }

    [Theory]
    [InlineData("0::/a/b", "a/memory.max", "memory.current", "inactive_file 1024")]
    [InlineData("4:memory:/a/b", "memory/a/memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file 1024")]
    public void The_lowest_limit_of_a_group_and_those_above_it_counts(string membership, string limit, string used, string statistics)
    {
        var directory = Path.GetDirectoryName(limit)!;
        Put(limit, "4194304");
        Put($"{directory}/{used}", "2048");
        Put($"{directory}/memory.stat", $"anon 5\n{statistics}\n");
        Put($"{directory}/b/{Path.GetFileName(limit)}", "max");
        Put("self", membership);

        Assert.Equal(new MemoryLimit(4096, 1), MemoryLimit.Of(Path.Combine(_root, "self"), _root));
        Put($"{directory}/b/{Path.GetFileName(limit)}", "1048576");
        Assert.Equal(1024, MemoryLimit.Of(Path.Combine(_root, "self"), _root)!.Value.Kib);
    }

    [Fact]
    public void No_limit_is_no_limit()
    {
        Put("memory/memory.limit_in_bytes", "9223372036854771712");
        Put("self", "4:memory:/\n0::/");

        Assert.Null(MemoryLimit.Of(Path.Combine(_root, "self"), _root));
    }

    private string Mount(string type, string options, string below = "") =>
        $"30 25 0:26 / {Path.Combine(_root, below).TrimEnd('/')} rw,nosuid shared:9 - {type} {type} {options}";

    private void Put(string file, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_root, file))!);
        File.WriteAllText(Path.Combine(_root, file), text);
    }

    private string Get(string file) => File.ReadAllText(Path.Combine(_root, file));
}
