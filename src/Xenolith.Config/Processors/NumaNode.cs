using System.Collections.Immutable;

namespace Xenolith.Config.Processors;

/// <summary>One entry of <c>vnuma = [ ... ]</c>.</summary>
/// <param name="HostNode">The host's node behind it.</param>
/// <param name="MemoryKiB">Its memory.</param>
/// <param name="Distances">Distances to every virtual node.</param>
/// <param name="Vcpus">Its vCPUs.</param>
public sealed record NumaNode(int HostNode, long MemoryKiB, ImmutableArray<int> Distances, ImmutableArray<int> Vcpus);
