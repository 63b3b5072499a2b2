using System.Globalization;

namespace Xenolith.Host;

/// <summary>What the kernel says about this machine, as it concerns a host: boot id, memory within our cgroup's limit.</summary>
public static class HostMachine
{
    /// <summary>Changes with every boot of the machine.</summary>
    public static string BootId() => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>Memory of the machine in KiB, or our cgroup's limit if that is lower.</summary>
    public static long TotalKib() => Math.Min(MemInfo("MemTotal:"), CgroupLimitKib() ?? long.MaxValue);

    /// <summary>Memory that can be used without swapping, in KiB, within our cgroup's limit.</summary>
    public static long AvailableKib()
    {
        var available = MemInfo("MemAvailable:");
        return CgroupLimitKib() is { } limit && CgroupValue("memory.current") is { } used
            ? Math.Clamp(limit - (used / 1024), 0, available)
            : available;
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

    private static long? CgroupLimitKib() => CgroupValue("memory.max") is { } bytes ? bytes / 1024 : null;

    private static long? CgroupValue(string file)
    {
        try
        {
            // Version 2 only: its line is 0::/path. Under version 1 there is no such line, and no limit is taken.
            var own = File.ReadLines("/proc/self/cgroup").FirstOrDefault(l => l.StartsWith("0::", StringComparison.Ordinal));
            return own is not null && long.TryParse(File.ReadAllText($"/sys/fs/cgroup{own[3..]}/{file}"), CultureInfo.InvariantCulture, out var value)
                ? value
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // no such cgroup file: no limit
        }
    }
}
