namespace Xenolith.Toolstack.Hosts;

/// <summary>
/// The host's memory as Xen would count it, in KiB: what Domain-0 keeps, what is promised to domains, what is free.
/// </summary>
/// <param name="TotalKib">The machine's memory, within our cgroup's limit.</param>
/// <param name="Domain0Kib">What Domain-0, that is the host itself, keeps.</param>
/// <param name="PromisedKib">Sum of what the domains may take at any time (maxmem, until mem-set or mem-max changes it), or still have.</param>
/// <param name="AvailableKib">What the kernel says can be used now.</param>
public readonly record struct MemoryPromises(long TotalKib, long Domain0Kib, long PromisedKib, long AvailableKib)
{
    private const long Gib = 1024 * 1024;

    /// <summary>What can still be promised.</summary>
    public long FreeKib => Math.Max(0, TotalKib - Domain0Kib - PromisedKib);

    /// <summary>Domain-0's share where dom0_mem is not set: a tenth of the machine, at least 1 GiB and at most 8 GiB, never more than there is.</summary>
    public static long DefaultDomain0Kib(long totalKib) => Math.Min(totalKib, Math.Clamp(totalKib / 10, Gib, 8 * Gib));

    /// <summary>Why a domain of this size cannot be made, with the figures; null if it can.</summary>
    public string? Refuse(string name, long maximumKib)
    {
        if (maximumKib > FreeKib)
        {
            return $"not enough free memory for domain {name}: it asks for {Mib(maximumKib)} MiB, {Mib(FreeKib)} MiB are free "
                + $"(total {Mib(TotalKib)}, Domain-0 {Mib(Domain0Kib)}, promised to other domains {Mib(PromisedKib)}). "
                + "Lower `memory`/`maxmem`, destroy a domain, or lower dom0_mem.";
        }

        return maximumKib > AvailableKib
            ? $"not enough free memory for domain {name}: it asks for {Mib(maximumKib)} MiB, but the host's kernel has only {Mib(AvailableKib)} MiB available. "
                + "Lower `memory`, or stop programs on this host."
            : null;
    }

    /// <summary>Why a domain cannot be promised more than it has been, with the figures; null if it can, or asks for no more.</summary>
    /// <param name="name">The domain.</param>
    /// <param name="wantedKib">The promise it asks for.</param>
    /// <param name="promisedKib">The promise it has, which is part of <see cref="PromisedKib"/>.</param>
    /// <param name="presentKib">The memory it has.</param>
    public string? RefuseGrowth(string name, long wantedKib, long promisedKib, long presentKib)
    {
        if (wantedKib - promisedKib > FreeKib)
        {
            return $"not enough free memory for domain {name}: it asks for {Mib(wantedKib)} MiB, has been promised {Mib(promisedKib)} MiB, and {Mib(FreeKib)} MiB are free "
                + $"(total {Mib(TotalKib)}, Domain-0 {Mib(Domain0Kib)}, promised to all domains {Mib(PromisedKib)}). "
                + "Ask for less, take memory from another domain with xl mem-set, or lower dom0_mem.";
        }

        return wantedKib > presentKib && wantedKib - presentKib > AvailableKib
            ? $"not enough free memory for domain {name}: it asks for {Mib(wantedKib)} MiB and has {Mib(presentKib)} MiB, but the host's kernel has only {Mib(AvailableKib)} MiB available. "
                + "Ask for less, or stop programs on this host."
            : null;
    }

    private static long Mib(long kib) => kib / 1024;
}
