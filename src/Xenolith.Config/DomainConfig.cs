using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Xenolith.Config.Disks;
using Xenolith.Config.Nics;
using Xenolith.Config.Processors;

namespace Xenolith.Config;

/// <summary>
/// A domain as its configuration describes it: typed, checked, immutable, and carried as JSON from <c>xl create</c> to the domain's
/// monitor (<see cref="Json.DomainConfigSerializer"/>). What was not said is null where libxl's JSON tells the difference; the
/// <c>Effective</c> properties give what then holds.
/// </summary>
public sealed record DomainConfig
{
    /// <summary>Memory of a domain that names none, KiB (LIBXL_MEMKB_DEFAULT is resolved so).</summary>
    public const long DefaultMemoryKiB = 32 * 1024;

    /// <summary>The domain's name.</summary>
    public required string Name { get; init; }

    /// <summary>The domain's UUID; generated when the configuration names none.</summary>
    public required Guid Uuid { get; init; }

    /// <summary>The kind of guest.</summary>
    public DomainType Type { get; init; }

    /// <summary>CPU pool, or null.</summary>
    public string? Pool { get; init; }

    /// <summary>Security label, or null.</summary>
    public string? SecurityLabel { get; init; }

    /// <summary>Whether the domain is marked as serving devices.</summary>
    public bool? DriverDomain { get; init; }

    /// <summary>Memory at start, KiB, or null when not said.</summary>
    public long? MemoryKiB { get; init; }

    /// <summary>Most memory ever, KiB, or null when not said.</summary>
    public long? MaxMemoryKiB { get; init; }

    /// <summary>vCPUs online at start, or null when not said.</summary>
    public int? Vcpus { get; init; }

    /// <summary>vCPUs that can ever be online, or null when not said.</summary>
    public int? MaxVcpus { get; init; }

    /// <summary>For each vCPU, the host CPUs it may run on; empty when not said.</summary>
    public ImmutableArray<ImmutableArray<int>> HardAffinity { get; init; } = [];

    /// <summary>For each vCPU, the host CPUs it should run on; empty when not said.</summary>
    public ImmutableArray<ImmutableArray<int>> SoftAffinity { get; init; } = [];

    /// <summary>Whether automatic placement on NUMA nodes was switched off by explicit placement.</summary>
    public bool PlacementGiven { get; init; }

    /// <summary>Virtual NUMA nodes.</summary>
    public ImmutableArray<NumaNode> NumaNodes { get; init; } = [];

    /// <summary>Shares of CPU time.</summary>
    public SchedulerParameters Scheduler { get; init; } = new();

    /// <summary>The kernel image, or null when a boot loader finds it.</summary>
    public string? Kernel { get; init; }

    /// <summary>The initial ram disk, or null.</summary>
    public string? Ramdisk { get; init; }

    /// <summary>The kernel's command line, or null when none was given.</summary>
    public string? CommandLine { get; init; }

    /// <summary>The boot loader, or null.</summary>
    public string? Bootloader { get; init; }

    /// <summary>Its arguments.</summary>
    public ImmutableArray<string> BootloaderArguments { get; init; } = [];

    /// <summary>The user that runs the boot loader when root starts it, or null for nobody.</summary>
    public string? BootloaderUser { get; init; }

    /// <summary>How guests see rdtsc: <c>default</c>, <c>always_emulate</c>, <c>native</c>, <c>native_paravirt</c>; null when not said.</summary>
    public string? TscMode { get; init; }

    /// <summary>Seconds added to the wall clock.</summary>
    public long? RtcTimeOffset { get; init; }

    /// <summary>Whether the wall clock shows local time.</summary>
    public bool? LocalTime { get; init; }

    /// <summary>Whether migration was forbidden.</summary>
    public bool? NoMigrate { get; init; }

    /// <summary>Video memory, KiB.</summary>
    public long? VideoMemoryKiB { get; init; }

    /// <summary>Most frames of the grant table, or null.</summary>
    public int? MaxGrantFrames { get; init; }

    /// <summary>Most frames tracking mapped grants, or null.</summary>
    public int? MaxMaptrackFrames { get; init; }

    /// <summary>Newest grant table version, or null.</summary>
    public int? MaxGrantVersion { get; init; }

    /// <summary>Most event channels, or null.</summary>
    public int? MaxEventChannels { get; init; }

    /// <summary>Whether the host's memory map is shown.</summary>
    public bool? HostMemoryMap { get; init; }

    /// <summary>Disks in order.</summary>
    public ImmutableArray<DiskConfig> Disks { get; init; } = [];

    /// <summary>Network interfaces in order.</summary>
    public ImmutableArray<NicConfig> Nics { get; init; } = [];

    /// <summary>Named channels in order.</summary>
    public ImmutableArray<ChannelConfig> Channels { get; init; } = [];

    /// <summary>Keys of HVM guests that libxl's JSON repeats.</summary>
    public HvmConfig? Hvm { get; init; }

    /// <summary>What happens at the end of its life.</summary>
    public ShutdownActions Actions { get; init; } = new();

    /// <summary>Most memory, KiB, with defaults resolved as libxl does.</summary>
    [JsonIgnore]
    public long EffectiveMaxMemoryKiB => MaxMemoryKiB ?? MemoryKiB ?? DefaultMemoryKiB;

    /// <summary>Memory at start, KiB, with defaults resolved as libxl does; never more than the most.</summary>
    [JsonIgnore]
    public long EffectiveMemoryKiB => Math.Min(MemoryKiB ?? EffectiveMaxMemoryKiB, EffectiveMaxMemoryKiB);

    /// <summary>vCPUs online at start, at least 1.</summary>
    [JsonIgnore]
    public int EffectiveVcpus => Vcpus ?? 1;

    /// <summary>vCPUs that can ever be online, at least as many.</summary>
    [JsonIgnore]
    public int EffectiveMaxVcpus => MaxVcpus ?? EffectiveVcpus;
}
