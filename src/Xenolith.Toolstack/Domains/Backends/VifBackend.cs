using Microsoft.Win32.SafeHandles;
using Xenolith.Devices.Net;
using Xenolith.Devices.Net.Ports;
using Xenolith.Machine;
using Xenolith.Toolstack.Control;

namespace Xenolith.Toolstack.Domains.Backends;

/// <summary>Interfaces in the domain process.</summary>
internal sealed class VifBackendKind : IBackendKind
{
    /// <inheritdoc/>
    public string Name => "vif";

    /// <summary>Fields of the order to open: the way out, and the rate's bytes and microseconds.</summary>
    internal const string PortField = "port", RateBytesField = "rate-bytes", RateTimeField = "rate-microseconds";

    /// <summary>What stands before the name of each of the frontend's nodes in the order to connect.</summary>
    internal const string NodePrefix = "frontend/";

    /// <inheritdoc/>
    public IDeviceBackend Open(Domain domain, Message order, IReadOnlyList<SafeFileHandle> descriptors, Message answer, BackendEvents events)
    {
        if (!Enum.TryParse<PortKind>(order.Text(PortField), ignoreCase: true, out var kind) || descriptors.Count == 0)
        {
            throw new DeviceException($"{order.Text("name")}: unknown way out '{order.Text(PortField)}'");
        }

        var port = PacketPorts.Open(kind, descriptors);
        answer.With("queues", port.Channels);
        return new VifBackend(domain, new NetBackend(order.Text("name"), port, Options(order), events.Log), port.Channels, events);
    }

    /// <summary>The rate in an order.</summary>
    internal static NetDeviceOptions Options(Message order) => new((ulong)order.Number(RateBytesField), (ulong)order.Number(RateTimeField));
}

/// <summary>One vif: its data path, driven by the monitor's orders.</summary>
internal sealed class VifBackend(Domain domain, NetBackend backend, int queues, BackendEvents events) : IDeviceBackend
{
    /// <inheritdoc/>
    public void Connect(Message order, Message answer)
    {
        string? Node(string name) => order.Fields.GetValueOrDefault(VifBackendKind.NodePrefix + name);
        if (!NetFrontend.TryParse(Node, queues, out var frontend, out var error) || !backend.TryConnect(domain, frontend!, events.Failed, out error))
        {
            throw new DeviceException(error);
        }
    }

    /// <inheritdoc/>
    public void Disconnect() => backend.Disconnect();

    /// <inheritdoc/>
    public void Perform(Message order, IReadOnlyList<SafeFileHandle> descriptors, Message answer)
    {
        switch (order.Text("order"))
        {
            case DeviceOrders.Exchange when backend.TryExchange(descriptors):
                break;
            case DeviceOrders.Rate:
                backend.ChangeRate(VifBackendKind.Options(order));
                break;
            case DeviceOrders.Multicast:
                backend.FilterMulticast(order.Flag("filter"));
                break;
            default:
                throw new DeviceException($"an interface cannot do the order '{order.Text("order")}'");
        }
    }

    /// <inheritdoc/>
    public IEnumerable<KeyValuePair<string, long>> Counters()
    {
        var counters = backend.Counters;
        KeyValuePair<string, long> Sum(string name, Func<NetCounters, long> of) => new(name, counters.Sum(of));
        return
        [
            Sum("rx_bytes", c => c.ReceivedBytes), Sum("rx_packets", c => c.ReceivedPackets), Sum("rx_errors", _ => 0), Sum("rx_drops", c => c.ReceivedDropped),
            Sum("tx_bytes", c => c.SentBytes), Sum("tx_packets", c => c.SentPackets), Sum("tx_errors", _ => 0), Sum("tx_drops", c => c.SentDropped),
        ];
    }

    /// <inheritdoc/>
    public void Dispose() => backend.Dispose();
}
