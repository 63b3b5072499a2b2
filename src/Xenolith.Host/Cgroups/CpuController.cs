namespace Xenolith.Host.Cgroups;

/// <summary>
/// Where on this machine groups with the cpu controller can be made: below a delegated version 2 group that gives <c>cpu</c> to its children, or
/// below our own group of version 1's cpu controller. Thread ownership: any thread.
/// </summary>
/// <param name="Parent">The directory that new groups go into.</param>
/// <param name="Unified">Version 2, else version 1.</param>
public sealed record CpuController(string Parent, bool Unified)
{
    private const string Controller = "cpu";

    /// <summary>For people: <c>cgroup v2 (PATH)</c>.</summary>
    public override string ToString() => $"cgroup v{(Unified ? 2 : 1)} ({Parent})";

    /// <summary>The controller of this process; null with a reason where there is none that we may use.</summary>
    public static CpuController? Find(out string reason) =>
        Find(Lines("/proc/self/cgroup"), Lines("/proc/self/mountinfo"), out reason);

    /// <summary>The same from the two files' lines.</summary>
    internal static CpuController? Find(IReadOnlyList<string> memberships, IReadOnlyList<string> mounts, out string reason)
    {
        if (Unified2(memberships, mounts, out reason) is { } second)
        {
            return second;
        }

        var why = reason;
        if (Version1(memberships, mounts, out reason) is { } first)
        {
            return first;
        }

        reason = $"{why}; {reason}";
        return null;
    }

    /// <summary>Makes a group.</summary>
    /// <exception cref="IOException">The directory cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It is not ours to make.</exception>
    public CpuGroup Create(string name) => new(Directory.CreateDirectory(Path.Combine(Parent, name)).FullName, Unified);

    private static CpuController? Unified2(IReadOnlyList<string> memberships, IReadOnlyList<string> mounts, out string reason)
    {
        reason = "cgroup v2 is not mounted";
        if (Directories(memberships, mounts, "cgroup2", string.Empty) is not { } own)
        {
            return null;
        }

        // Version 2 lets no group have both processes and children with controllers, but for its root: so the place is beside our own group.
        reason = $"the cgroup v2 group {own.Group} has no cpu controller for us";
        var parent = own.Group == own.Root ? own.Root : Path.GetDirectoryName(own.Group)!;
        if (!Has(Path.Combine(parent, "cgroup.subtree_control")))
        {
            if (own.Group != own.Root || !Has(Path.Combine(parent, "cgroup.controllers")) || !TryWrite(Path.Combine(parent, "cgroup.subtree_control"), $"+{Controller}"))
            {
                return null;
            }
        }

        reason = $"the cgroup v2 group {parent} is not ours to add to";
        return MayAdd(parent) ? new(parent, true) : null;
    }

    private static CpuController? Version1(IReadOnlyList<string> memberships, IReadOnlyList<string> mounts, out string reason)
    {
        reason = "cgroup v1's cpu controller is not mounted";
        if (Directories(memberships, mounts, "cgroup", Controller) is not { } own)
        {
            return null;
        }

        reason = $"the cgroup v1 group {own.Group} is not ours to add to";
        return MayAdd(own.Group) ? new(own.Group, false) : null;
    }

    /// <summary>The mount point of a hierarchy and our group's directory in it.</summary>
    private static (string Root, string Group)? Directories(IReadOnlyList<string> memberships, IReadOnlyList<string> mounts, string type, string controller)
    {
        // 4:cpu,cpuacct:/path, and 0::/path for version 2.
        var own = memberships.Select(line => line.Split(':', 3)).FirstOrDefault(f => f.Length == 3 && f[1].Split(',').Contains(controller));
        foreach (var line in mounts)
        {
            // ID PARENT DEVICE ROOT MOUNTPOINT OPTIONS [FIELDS] - TYPE SOURCE SUPEROPTIONS
            var halves = line.Split(" - ", 2);
            var (before, after) = (halves[0].Split(' '), halves.Length > 1 ? halves[1].Split(' ') : []);
            if (own is null || before.Length < 5 || after.Length < 3 || after[0] != type || (controller.Length > 0 && !after[2].Split(',').Contains(controller)))
            {
                continue;
            }

            var (root, inside) = (before[4], own[2]);
            if (before[3] != "/" && inside.StartsWith(before[3], StringComparison.Ordinal))
            {
                inside = inside[before[3].Length..];
            }

            return (root, inside.Trim('/').Length == 0 ? root : Path.Combine(root, inside.Trim('/')));
        }

        return null;
    }

    private static bool Has(string file) => Lines(file).Any(line => line.Split(' ').Contains(Controller));

    /// <summary>Whether a directory can be made there; only the kernel knows, so one is made.</summary>
    private static bool MayAdd(string parent)
    {
        try
        {
            var probe = Path.Combine(parent, $"xenolith-probe-{Environment.ProcessId}");
            Directory.CreateDirectory(probe);
            CpuGroup.Remove(probe);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // read-only, another user's, or gone
        }
    }

    private static bool TryWrite(string file, string value)
    {
        try
        {
            File.WriteAllText(file, value);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // not ours, or the kernel refuses it
        }
    }

    private static string[] Lines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // a kernel without cgroups, or a group that is hidden from us
        }
    }
}
