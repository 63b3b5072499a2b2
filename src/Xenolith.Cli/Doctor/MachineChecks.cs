using System.Globalization;

namespace Xenolith.Cli.Doctor;

/// <summary>Checks of the processor, the kernel and this user's limits.</summary>
internal static class MachineChecks
{
    private const long LeastMappings = 65530;
    private const long LeastFiles = 1024;

    /// <summary>In the order in which they are told.</summary>
    public static IReadOnlyList<Func<IHostProbe, Finding>> All { get; } = [Processor, Clock, SegmentBases, Kvm, Mappings, Overcommit, Files, LockedMemory, Cgroups];

    private static Finding Processor(IHostProbe probe)
    {
        string[] needed = ["avx2", "bmi1", "bmi2", "fma", "movbe"];
        var flags = Flags(probe);
        var missing = needed.Where(flag => !flags.Contains(flag)).ToList();
        return missing.Count == 0
            ? new("processor", Health.Good, "x86-64-v3, as the translator needs")
            : new("processor", Health.Bad, $"the translator needs {string.Join(", ", missing)}, which this CPU lacks or hides", "run on a CPU of 2013 or later, or let the hypervisor below show its CPU (-cpu host)");
    }

    private static Finding Clock(IHostProbe probe)
    {
        var flags = Flags(probe);
        return flags.Contains("constant_tsc") && flags.Contains("nonstop_tsc") || flags.Contains("tsc_reliable")
            ? new("clock", Health.Good, "the TSC runs evenly; guests read it themselves")
            : new("clock", Health.Off, "the TSC is not promised to run evenly; guests' clocks may drift", "run an NTP client in guests");
    }

    private static Finding SegmentBases(IHostProbe probe) => Flags(probe).Contains("fsgsbase")
        ? new("segment bases", Health.Good, "guests switch between kernel and user mode without a system call")
        : new("segment bases", Health.Off, "no fsgsbase: each switch between guest kernel and user mode costs a system call", "boot the host's kernel without nofsgsbase");

    private static Finding Kvm(IHostProbe probe) => probe.CanOpen("/dev/kvm", out var why)
        ? new("/dev/kvm", Health.Off, "it can be opened, but the KVM engine is not built yet; the translator runs guests")
        : new("/dev/kvm", Health.Off, $"{why}; the translator runs guests without it");

    private static Finding Mappings(IHostProbe probe)
    {
        var most = Number(probe.Read("/proc/sys/vm/max_map_count")) ?? LeastMappings;
        return most >= LeastMappings
            ? new("memory mappings", Health.Good, $"{most} a process")
            : new("memory mappings", Health.Bad, $"only {most} a process; a domain may need {LeastMappings}", $"sysctl vm.max_map_count={LeastMappings}");
    }

    private static Finding Overcommit(IHostProbe probe) => probe.Read("/proc/sys/vm/overcommit_memory")?.Trim() == "2"
        ? new("overcommit", Health.Off, "vm.overcommit_memory is 2: the kernel refuses reserved address space early", "sysctl vm.overcommit_memory=0 if domains do not start")
        : new("overcommit", Health.Good, "reserved address space is not counted");

    private static Finding Files(IHostProbe probe)
    {
        var limit = Limit(probe, "Max open files");
        return limit is null or >= LeastFiles
            ? new("open files", Health.Good, limit is null ? "no limit" : $"{limit} a process")
            : new("open files", Health.Off, $"only {limit} a process: a domain with many disks and interfaces needs more", $"ulimit -n {LeastFiles}");
    }

    private static Finding LockedMemory(IHostProbe probe) =>
        new("locked memory", Health.Good, $"{(Limit(probe, "Max locked memory") is { } bytes ? $"at most {bytes / 1024} KiB" : "no limit")}; guest memory is not locked, so nothing depends on it");

    private static Finding Cgroups(IHostProbe probe)
    {
        var own = probe.Read("/proc/self/cgroup")?.Split('\n').FirstOrDefault(line => line.StartsWith("0::", StringComparison.Ordinal));
        if (own is null || probe.Read("/sys/fs/cgroup/cgroup.controllers") is null)
            return new("cgroups", Health.Off, "no cgroup v2 here: weights are given by nice, and caps only where v1 has cpu", "boot the host with systemd.unified_cgroup_hierarchy=1");
        var path = $"/sys/fs/cgroup{own[3..]}";
        var controllers = (probe.Read($"{path}/cgroup.controllers") ?? "").Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        if (!probe.CanMakeDirectories(path))
            return new("cgroups", Health.Off, $"{path} is not delegated to this user: weights are given by nice, caps are refused", "start xl inside: systemd-run --user --scope -p Delegate=yes");
        return controllers.Contains("cpu")
            ? new("cgroups", Health.Good, $"{path} is ours and has cpu: weights and caps work")
            : new("cgroups", Health.Off, $"{path} has no cpu controller: weights are given by nice, caps are refused", "systemctl set-property user.slice CPUAccounting=yes, or Delegate=cpu for user@.service");
    }

    private static HashSet<string> Flags(IHostProbe probe) =>
        [.. (probe.Read("/proc/cpuinfo")?.Split('\n').FirstOrDefault(line => line.StartsWith("flags", StringComparison.Ordinal)) ?? "").Split(' ', ':', '\t')];

    private static long? Number(string? text) => long.TryParse(text?.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;

    // A line of /proc/self/limits: the name, the soft limit, the hard one, the unit; null means unlimited.
    private static long? Limit(IHostProbe probe, string name) =>
        probe.Read("/proc/self/limits")?.Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) is { } line
            ? Number(line[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault())
            : null;
}
