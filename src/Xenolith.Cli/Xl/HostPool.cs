using System.Globalization;

namespace Xenolith.Cli.Xl;

/// <summary>The one CPU pool: every CPU and every domain is in it.</summary>
internal static class HostPool
{
    /// <summary>Its name, as real Xen's first pool.</summary>
    public const string Name = "Pool-0";

    /// <summary>What schedules in it. Linux does, but scripts know Xen's names only.</summary>
    public const string Scheduler = "credit2";

    /// <summary><c>xl cpupool-list</c>.</summary>
    public static string Table(int cpus, int domains) => string.Create(CultureInfo.InvariantCulture,
        $"Name               CPUs   Sched     Active   Domain count\n{Name,-19}{cpus,3} {Scheduler,9} {'y',7}    {domains,7}\n");

    /// <summary><c>xl cpupool-list -c</c>.</summary>
    public static string CpuTable(int cpus) => $"Name               CPU list\n{Name,-19}{string.Join(',', Enumerable.Range(0, cpus))}\n";
}
