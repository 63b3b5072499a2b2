using System.Globalization;
using Xenolith.Host;
using Xenolith.Toolstack.Resources;

namespace Xenolith.Toolstack.Hosts;

/// <summary>
/// A domain as <c>xl list</c> shows it, from its state file and its threads' entries in /proc; nothing was started or asked for it.
/// </summary>
public sealed record DomainSummary
{
    /// <summary>Domain id; 0 is the host itself.</summary>
    public required int Domid { get; init; }

    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary>UUID; all zero for Domain-0.</summary>
    public required Guid Uuid { get; init; }

    /// <summary>Memory it has, in KiB.</summary>
    public required long MemoryKib { get; init; }

    /// <summary>Memory it is to have, in KiB, as it was told.</summary>
    public long TargetKib { get; init; }

    /// <summary>Memory beyond which it gets nothing, in KiB: what the host has promised it.</summary>
    public long LimitKib { get; init; }

    /// <summary>The most its target can be, in KiB.</summary>
    public required long MaximumKib { get; init; }

    /// <summary>vCPUs online.</summary>
    public required int Vcpus { get; init; }

    /// <summary>Which vCPUs are online.</summary>
    public IReadOnlyList<int> OnlineVcpus { get; init; } = [];

    /// <summary>Share of CPU time; 256 is usual.</summary>
    public int Weight { get; init; } = 256;

    /// <summary>Most CPU time in percent of one CPU; 0 is no limit.</summary>
    public int Cap { get; init; }

    /// <summary>vCPUs that may ever be online.</summary>
    public int MaximumVcpus { get; init; } = 1;

    /// <summary>The letter r: a vCPU runs now.</summary>
    public bool Running { get; init; }

    /// <summary>The letter b: all vCPUs wait for an event.</summary>
    public bool Blocked { get; init; }

    /// <summary>The letter p.</summary>
    public bool Paused { get; init; }

    /// <summary>The letter s, with the SHUTDOWN_* reason; null while it lives. Reason 3 is a crash, the letter c.</summary>
    public int? ShutdownReason { get; init; }

    /// <summary>The letter d.</summary>
    public bool Dying { get; init; }

    /// <summary>CPU time used, in nanoseconds.</summary>
    public long CpuNanoseconds { get; init; }

    /// <summary>When it was made, in seconds of the epoch.</summary>
    public long CreatedAt { get; init; }

    /// <summary>Process id of the domain process; 0 if there is none (yet).</summary>
    public int DomainPid { get; init; }

    /// <summary>Host threads of its vCPUs, in vCPU order.</summary>
    public IReadOnlyList<int> VcpuThreads { get; init; } = [];

    /// <summary>The six letters of xl list's column: running, blocked, paused, shut down, crashed, dying.</summary>
    public string StateLetters => string.Create(6, this, static (letters, domain) =>
    {
        letters[0] = domain.Running ? 'r' : '-';
        letters[1] = domain.Blocked ? 'b' : '-';
        letters[2] = domain.Paused ? 'p' : '-';
        letters[3] = domain.ShutdownReason is null ? '-' : 's';
        letters[4] = domain.ShutdownReason == 3 ? 'c' : '-';
        letters[5] = domain.Dying ? 'd' : '-';
    });

    /// <summary>Host CPUs a vCPU may run on: <c>all</c>, <c>0-1</c>, <c>0,2</c>.</summary>
    public string HardAffinityOf(int vcpu) => VcpuPlaces.Of(HardAffinity, vcpu);

    /// <summary>Host CPUs a vCPU should run on.</summary>
    public string SoftAffinityOf(int vcpu) => VcpuPlaces.Of(SoftAffinity, vcpu);

    /// <summary>As in the state file.</summary>
    internal string HardAffinity { get; init; } = string.Empty;

    /// <summary>As in the state file.</summary>
    internal string SoftAffinity { get; init; } = string.Empty;

    /// <summary>Joins a state file with what the threads say now.</summary>
    internal static DomainSummary Of(DomainRecord record)
    {
        long cpu = 0;
        var running = false;
        foreach (var thread in record.VcpuThreads)
        {
            if (ThreadTimes.Of(record.DomainPid, thread) is { } times)
            {
                cpu += times.Nanoseconds;
                running |= times.Running;
            }
        }

        var runs = record is { Phase: DomainPhase.Alive, Paused: false };
        return new()
        {
            Domid = record.Domid,
            Name = record.Name,
            Uuid = record.Uuid,
            MemoryKib = record.MemoryKib,
            TargetKib = record.TargetKib,
            LimitKib = record.LimitKib,
            MaximumKib = record.MaximumKib,
            Vcpus = record.OnlineVcpus,
            OnlineVcpus = Online(record),
            HardAffinity = record.HardAffinity,
            SoftAffinity = record.SoftAffinity,
            Weight = record.Weight,
            Cap = record.Cap,
            MaximumVcpus = record.MaximumVcpus,
            Running = runs && running,
            Blocked = runs && !running,
            Paused = record.Paused && record.Phase is DomainPhase.Building or DomainPhase.Alive,
            ShutdownReason = record.ShutdownReason >= 0 ? record.ShutdownReason : null,
            Dying = record.Phase == DomainPhase.Dying,
            CpuNanoseconds = Math.Max(cpu, record.CpuNanoseconds),
            CreatedAt = record.CreatedAt,
            DomainPid = record.DomainPid,
            VcpuThreads = record.VcpuThreads,
        };
    }

    /// <summary>A domain whose process has not told yet has its first vCPUs online.</summary>
    private static IReadOnlyList<int> Online(DomainRecord record) => record.OnlineSet.Length == 0
        ? [.. Enumerable.Range(0, record.OnlineVcpus)]
        : [.. record.OnlineSet.Split(',').Select(text => int.TryParse(text, CultureInfo.InvariantCulture, out var vcpu) ? vcpu : -1)];
}
