using Xenolith.Engine;

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

    /// <summary>The machine address space.</summary>
    public required MachineFrames Frames { get; init; }

    /// <summary>Walker over <see cref="Frames"/>, with Xen's own root set.</summary>
    public required PageWalk Walk { get; init; }

    /// <summary>What executes the vCPUs; the domain disposes it.</summary>
    public required IEngine Engine { get; init; }

    /// <summary>Source of hypervisor frames; the domain takes one for shared_info at once.</summary>
    public required IXenFrames XenFrames { get; init; }
}
