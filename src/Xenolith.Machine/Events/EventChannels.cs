using Xenolith.Abi;

namespace Xenolith.Machine.Events;

/// <summary>A domain's event channels.</summary>
public sealed partial class EventChannels(Domain domain)
{
    /// <summary>True if a port's event is pending, masked or not. Any thread.</summary>
    public bool IsPending(uint port) => port < 4096 && SharedWord.TestBit(domain.SharedInfo + SharedInfoLayout.EventPending, (int)port);
}
