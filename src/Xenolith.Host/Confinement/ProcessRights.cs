using System.Runtime.InteropServices;

namespace Xenolith.Host.Confinement;

/// <summary>Giving up rights and resources, for good. Thread ownership: once, by a process about itself.</summary>
public static partial class ProcessRights
{
    private const int SetNoNewPrivileges = 38;
    private const int CpuSeconds = 0, FileBytes = 1, DataBytes = 2, CoreBytes = 4, LockedBytes = 8;

    /// <summary>Becomes another user if we are root; else nothing, since nobody but root can.</summary>
    /// <param name="user">User and group id.</param>
    /// <exception cref="HostException">Root was refused it.</exception>
    public static void BecomeUser(int user)
    {
        if (EffectiveUser() != 0)
        {
            return;
        }

        // The order matters: without root, the groups could not be left any more.
        if (SetGroups(0, 0) != 0 || SetGroup(user, user, user) != 0 || SetUser(user, user, user) != 0)
        {
            throw HostException.Last($"become user {user}");
        }
    }

    /// <summary>Neither this process nor what it might execute can gain rights any more.</summary>
    public static void ForbidNewPrivileges() => _ = Prctl(SetNoNewPrivileges, 1, 0, 0, 0);

    /// <summary>Lowers the limits of this process; a higher limit than there is now is left as it is.</summary>
    /// <param name="cpuSeconds">Seconds of CPU time, after which it is killed.</param>
    /// <param name="dataBytes">Private writable memory.</param>
    /// <param name="fileBytes">The largest file it can write, memory files included.</param>
    public static void LowerLimits(long cpuSeconds, long dataBytes, long fileBytes)
    {
        Lower(CpuSeconds, cpuSeconds);
        Lower(DataBytes, dataBytes);
        Lower(FileBytes, fileBytes);
        Lower(CoreBytes, 0);
        Lower(LockedBytes, 0);
    }

    private static void Lower(int resource, long limit)
    {
        Span<ulong> limits = stackalloc ulong[2];
        if (GetLimit(resource, ref limits[0]) != 0)
        {
            return;
        }

        limits[1] = Math.Min(limits[1], (ulong)limit);
        limits[0] = Math.Min(limits[0], limits[1]);
        if (SetLimit(resource, ref limits[0]) != 0)
        {
            throw HostException.Last($"lower resource limit {resource}");
        }
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "setgroups", SetLastError = true)]
    private static partial int SetGroups(nint count, nint list);

    [LibraryImport("libc", EntryPoint = "setresgid", SetLastError = true)]
    private static partial int SetGroup(int real, int effective, int saved);

    [LibraryImport("libc", EntryPoint = "setresuid", SetLastError = true)]
    private static partial int SetUser(int real, int effective, int saved);

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    private static partial int GetLimit(int resource, ref ulong limits);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int SetLimit(int resource, ref ulong limits);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Prctl(int option, nint a, nint b, nint c, nint d);
}
