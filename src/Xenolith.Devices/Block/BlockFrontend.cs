namespace Xenolith.Devices.Block;

/// <summary>What a block frontend wrote to the store when it became ready.</summary>
/// <param name="Protocol">Its <c>protocol</c> node, or null.</param>
/// <param name="Queues">Its queues in order; one unless it asked for several.</param>
public sealed record BlockFrontend(string? Protocol, IReadOnlyList<BlockFrontendQueue> Queues);

/// <summary>One queue of a frontend.</summary>
/// <param name="RingReferences">Grant references of <c>ring-ref</c>, or of <c>ring-ref0</c> and so on.</param>
/// <param name="EventChannel">Its <c>event-channel</c>.</param>
public sealed record BlockFrontendQueue(uint[] RingReferences, uint EventChannel);
