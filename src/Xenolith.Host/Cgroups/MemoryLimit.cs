using System.Globalization;

namespace Xenolith.Host.Cgroups;

/// <summary>The lowest memory limit that a cgroup of this process sets, its own or one above it.</summary>
/// <param name="Kib">The limit.</param>
/// <param name="UsedKib">What is used of it and cannot be had back by dropping files from memory.</param>
public readonly record struct MemoryLimit(long Kib, long UsedKib)
{
    private const string Mounts = "/sys/fs/cgroup";

    /// <summary>The limit; null without one.</summary>
    public static MemoryLimit? OfThisProcess() => Of("/proc/self/cgroup", Mounts);

    /// <summary>The same with other places.</summary>
    internal static MemoryLimit? Of(string memberships, string mounts)
    {
        MemoryLimit? lowest = null;
        foreach (var line in Lines(memberships))
        {
            // 0::/path is version 2; 4:memory:/path is version 1, with its controllers mounted by name.
            var fields = line.Split(':', 3);
            if (fields.Length != 3 || (fields[1].Length > 0 && !fields[1].Split(',').Contains("memory")))
            {
                continue;
            }

            var unified = fields[1].Length == 0;
            var root = unified ? mounts : Path.Combine(mounts, "memory");
            for (var group = fields[2].TrimEnd('/'); ; group = group[..group.LastIndexOf('/')])
            {
                if (OfGroup(root + group, unified) is { } limit && !(lowest?.Kib <= limit.Kib))
                {
                    lowest = limit;
                }

                if (group.Length == 0)
                {
                    break;
                }
            }
        }

        return lowest;
    }

    private static MemoryLimit? OfGroup(string directory, bool unified)
    {
        // "max" is no number; version 1 writes a number near 2^63 for none.
        const long Nothing = long.MaxValue / 2;
        var bytes = Number(Path.Combine(directory, unified ? "memory.max" : "memory.limit_in_bytes"));
        if (bytes is null or > Nothing)
        {
            return null;
        }

        var used = Number(Path.Combine(directory, unified ? "memory.current" : "memory.usage_in_bytes")) ?? 0;
        var name = unified ? "inactive_file " : "total_inactive_file ";
        var files = Lines(Path.Combine(directory, "memory.stat")).FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal));
        var droppable = files is not null && long.TryParse(files.AsSpan(name.Length), CultureInfo.InvariantCulture, out var count) ? count : 0;
        return new(bytes.Value / 1024, Math.Max(0, used - droppable) / 1024);
    }

    private static long? Number(string file) =>
        Lines(file) is [var line, ..] && long.TryParse(line, CultureInfo.InvariantCulture, out var value) ? value : null;

    private static string[] Lines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // no such group, or a root that has no such file: no limit
        }
    }
}
