using Xenolith.Engine;
using Xenolith.Engine.Cpuid;
using Xenolith.Machine.Memory;

namespace Xenolith.Machine;

/// <summary>What a domain is made of.</summary>
public sealed record DomainParameters
{
    /// <summary>Domain id, 1..32751.</summary>
    public required int Id { get; init; }

    /// <summary>UUID, shown to the guest by XENVER_guest_handle.</summary>
    public required Guid Uuid { get; init; }

    /// <summary>vCPUs that exist (maxvcpus), 1..64; all but vCPU 0 start down.</summary>
    public required int VcpuCount { get; init; }

    /// <summary>The domain's memory; its maker disposes it after the domain.</summary>
    public required DomainMemory Memory { get; init; }

    /// <summary>What executes the vCPUs, over <see cref="Memory"/>'s frames and walker; the domain disposes it.</summary>
    public required IEngine Engine { get; init; }

    /// <summary>What the host's CPUID is taken to answer for a leaf and a subleaf; null asks the processor.</summary>
    public Func<uint, uint, CpuidValues>? HostCpuid { get; init; }
}
