namespace Xenolith.Cli.Domains;

/// <summary>A domain as the tables of xl show it.</summary>
public sealed record DomainRow
{
    /// <summary>Domain id; 0 is the host.</summary>
    public required int Domid { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its UUID; all zero for Domain-0.</summary>
    public Guid Uuid { get; init; }

    /// <summary>Memory it has, KiB.</summary>
    public long MemoryKiB { get; init; }

    /// <summary>Most memory it may have, KiB.</summary>
    public long MaxMemoryKiB { get; init; }

    /// <summary>vCPUs online.</summary>
    public int Vcpus { get; init; }

    /// <summary>vCPUs that can ever be online.</summary>
    public int MaxVcpus { get; init; }

    /// <summary>A vCPU runs now.</summary>
    public bool Running { get; init; }

    /// <summary>All vCPUs wait.</summary>
    public bool Blocked { get; init; }

    /// <summary>The toolstack stopped it.</summary>
    public bool Paused { get; init; }

    /// <summary>SHUTDOWN_* reason (xen/include/public/sched.h), or null while it lives.</summary>
    public int? ShutdownReason { get; init; }

    /// <summary>It is being removed.</summary>
    public bool Dying { get; init; }

    /// <summary>CPU time used, nanoseconds.</summary>
    public long CpuNanoseconds { get; init; }

    /// <summary>When it was made, seconds of the epoch.</summary>
    public long CreatedAt { get; init; }

    /// <summary>What each vCPU is doing, in order.</summary>
    public IReadOnlyList<VcpuRow> VcpuRows { get; init; } = [];

    /// <summary>The six letters of xl's State column; the fifth tells how it shut down.</summary>
    public string StateLetters
    {
        get
        {
            // Indexed by reason: poweroff, reboot, suspend, crash, watchdog, soft reset.
            const string Reasons = "-rscwS";
            var reason = ShutdownReason switch
            {
                null => '-',
                >= 0 and < 6 => Reasons[ShutdownReason.Value],
                _ => '?',
            };
            return new string(
            [
                Running ? 'r' : '-', Blocked ? 'b' : '-', Paused ? 'p' : '-', ShutdownReason is null ? '-' : 's', reason, Dying ? 'd' : '-',
            ]);
        }
    }
}
