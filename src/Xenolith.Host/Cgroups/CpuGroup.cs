using System.Globalization;

namespace Xenolith.Host.Cgroups;

/// <summary>
/// A cgroup with the cpu controller that holds one process: its share of CPU time against others, and its most. Made by
/// <see cref="CpuController"/>. Thread ownership: one thread.
/// </summary>
/// <param name="path">The group's directory.</param>
/// <param name="unified">Version 2's files, else version 1's.</param>
public sealed class CpuGroup(string path, bool unified)
{
    /// <summary>The weight of one that is like all others, on Xen's scale.</summary>
    public const int UsualWeight = 256;

    // cpu.weight: 100 is usual, 1 to 10000. cpu.shares: 1024 is usual, 2 to 262144. (Linux, Documentation/admin-guide/cgroup-v2.rst)
    private const int UsualV2 = 100, LeastV2 = 1, MostV2 = 10_000, UsualV1 = 1024, LeastV1 = 2, MostV1 = 262_144;
    private const int PeriodMicroseconds = 100_000;

    /// <summary>The group's directory, to be removed by whoever finds it empty.</summary>
    public string Path { get; } = path;

    /// <summary>Moves a process with all its threads into the group.</summary>
    public void Adopt(int pid) => Write("cgroup.procs", pid.ToString(CultureInfo.InvariantCulture));

    /// <summary>Sets the share of CPU time when it is short.</summary>
    /// <param name="weight">1 to 65535; 256 is usual.</param>
    public void SetWeight(int weight)
    {
        var (file, usual, least, most) = unified ? ("cpu.weight", UsualV2, LeastV2, MostV2) : ("cpu.shares", UsualV1, LeastV1, MostV1);
        Write(file, Math.Clamp((long)weight * usual / UsualWeight, least, most).ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Sets the most CPU time.</summary>
    /// <param name="percent">Percent of one CPU; 0 is no limit.</param>
    public void SetCap(int percent)
    {
        var quota = percent == 0 ? null : ((long)percent * PeriodMicroseconds / 100).ToString(CultureInfo.InvariantCulture);
        if (unified)
        {
            Write("cpu.max", $"{quota ?? "max"} {PeriodMicroseconds}");
        }
        else
        {
            Write("cpu.cfs_period_us", PeriodMicroseconds.ToString(CultureInfo.InvariantCulture));
            Write("cpu.cfs_quota_us", quota ?? "-1");
        }
    }

    /// <summary>Removes an empty group; one that is not empty, or gone, stays as it is.</summary>
    public static void Remove(string path)
    {
        try
        {
            Directory.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Its last process is not gone yet, or somebody else was faster: the next sweep finds it, if it is still there.
        }
    }

    private void Write(string file, string value) => File.WriteAllText(System.IO.Path.Combine(Path, file), value);
}
