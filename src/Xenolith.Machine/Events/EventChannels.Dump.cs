using System.Globalization;

namespace Xenolith.Machine.Events;

/// <summary>What a debug key prints of the ports.</summary>
public sealed partial class EventChannels
{
    /// <summary>Guest frames that the ABI in use holds. For a domain that is paused.</summary>
    internal IReadOnlyList<ulong> HeldFrames => _abi is FifoEvents fifo ? fifo.Held : [];

    /// <summary>vCPUs in SCHEDOP_poll, as a mask.</summary>
    internal ulong Pollers => Volatile.Read(ref _pollers);

    /// <summary>A line for each port in use, in Xen's letters: p pending, s kind (ECS_*), n the vCPU that is told, d and p the other end, v a virtual interrupt.</summary>
    internal IReadOnlyList<string> Snapshot()
    {
        var lines = new List<string>();
        lock (_lock)
        {
            foreach (var port in _ports)
            {
                if (port.State > PortState.Reserved)
                {
                    var pending = IsPending(port.Number) ? 1 : 0;
                    lines.Add(string.Create(CultureInfo.InvariantCulture, $"    {port.Number,4} [{pending}]: s={Kind(port.State)} n={port.NotifyVcpu}{End(port)}"));
                }
            }
        }

        return lines;
    }

    /// <summary>ECS_* of Xen's event.h.</summary>
    private static int Kind(PortState state) => state switch
    {
        PortState.Unbound => 2,
        PortState.Interdomain => 3,
        PortState.Virq => 5,
        _ => 6,
    };

    private static string End(EventPort port) => port.State switch
    {
        PortState.Unbound => $" d={port.RemoteDomain}",
        PortState.Interdomain => $" d={port.RemoteDomain} p={port.RemotePort}",
        PortState.Virq => $" v={port.Virq}",
        _ => string.Empty,
    };
}
