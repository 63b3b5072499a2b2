using System.Globalization;
using Xenolith.Host.Cgroups;

namespace Xenolith.Host;

/// <summary>What the kernel says about this machine, as it concerns a host: boot id, memory within our cgroup's limit.</summary>
public static class HostMachine
{
    /// <summary>Changes with every boot of the machine.</summary>
    public static string BootId() => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>Memory of the machine in KiB, or our cgroup's limit if that is lower.</summary>
    public static long TotalKib()
    {
        var machine = MemInfo("MemTotal:");
        return MemoryLimit.OfThisProcess() is { } limit ? Math.Min(machine, limit.Kib) : machine;
    }

    /// <summary>Memory that can be used without swapping, in KiB, within our cgroup's limit.</summary>
    public static long AvailableKib()
    {
        var available = MemInfo("MemAvailable:");
        return MemoryLimit.OfThisProcess() is { } limit ? Math.Clamp(limit.Kib - limit.UsedKib, 0, available) : available;
    }

    /// <summary>When the machine was started, in seconds of the epoch.</summary>
    public static long BootTime() => Value("/proc/stat", "btime");

    private static long MemInfo(string key) => Value("/proc/meminfo", key);

    private static long Value(string path, string key)
    {
        foreach (var line in File.ReadLines(path))
        {
            if (line.StartsWith(key, StringComparison.Ordinal))
            {
                return long.Parse(line.AsSpan(key.Length).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture);
            }
        }

        throw new InvalidDataException($"{path} has no {key}");
    }
}
