using System.Runtime.InteropServices;
using Xenolith.Config;
using Xenolith.Toolstack.Control;
using Xenolith.Toolstack.Monitors;

namespace Xenolith.Toolstack.Devices;

/// <summary>What a device finds around it in the monitor. Thread ownership: the monitor's thread.</summary>
internal sealed record DeviceSurroundings
{
    /// <summary>The monitor: its loop, log, host and the directory that relative names begin at.</summary>
    public required MonitorContext Context { get; init; }

    /// <summary>The store, as Domain-0.</summary>
    public required StoreKeeper Store { get; init; }

    /// <summary>The device's place.</summary>
    public required DeviceAddress Address { get; init; }

    /// <summary>The domain's name.</summary>
    public required string DomainName { get; init; }

    /// <summary>The configuration of the domain.</summary>
    public required DomainConfig Config { get; init; }

    /// <summary>Tells the monitor's log, with domain and device named.</summary>
    public required Action<string> Log { get; init; }

    /// <summary>Orders something of the device in the domain process, beside the four orders that all devices know; the answer is null if the process has ended.</summary>
    public required Action<Message, IReadOnlyList<SafeHandle>?, Action<Message?>> Order { get; init; }

    /// <summary>Ends the device because it cannot go on (a helper died, ...): logged, written as the backend's error, and the backend goes to Closing.</summary>
    public required Action<string> Fail { get; init; }

    /// <summary>Writes nodes of the backend's directory.</summary>
    public required Action<IEnumerable<(string Name, string Value)>> WriteBackend { get; init; }
}
