using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Xenolith.Abi.Net;
using Xenolith.Devices.Net.Guest;
using Xenolith.Devices.Net.Ports;
using Xenolith.Devices.Rings;
using Xenolith.Machine;
using Xenolith.Machine.Events;

namespace Xenolith.Devices.Net;

/// <summary>What the configuration says about a vif's data path.</summary>
/// <param name="RateBytes">Bytes that the guest may send in an interval; 0 for no limit.</param>
/// <param name="RateMicroseconds">The interval.</param>
public sealed record NetDeviceOptions(ulong RateBytes = 0, ulong RateMicroseconds = 50_000);

/// <summary>
/// The backend of one vif in the domain's process: a port that lives as long as the vif is attached, and a connection that comes and goes
/// with the frontend. Thread ownership: the thread that performs orders about devices.
/// </summary>
public sealed class NetBackend(string name, IPacketPort port, NetDeviceOptions options, Action<string> log) : IDisposable
{
    private readonly List<IDisposable> _connection = [];
    private readonly List<NetQueue> _queues = [];
    private readonly RateLimit _rate = new(options.RateBytes, options.RateMicroseconds);
    private MulticastFilter? _filter;
    private NetCounters[] _counters = [];

    /// <summary>True while a frontend is connected.</summary>
    public bool Connected => _connection.Count > 0;

    /// <summary>Counters of the present connection's queues; empty without one.</summary>
    public IReadOnlyList<NetCounters> Counters => _counters;

    /// <summary>The nodes that tell a frontend what this data path takes.</summary>
    /// <param name="queues">Queues that the port serves.</param>
    public static IReadOnlyList<KeyValuePair<string, string>> FeatureNodes(int queues) =>
    [
        new("feature-sg", "1"),
        new("feature-gso-tcpv4", "1"),
        new("feature-gso-tcpv6", "1"),
        new("feature-ipv6-csum-offload", "1"),
        new("feature-rx-copy", "1"),
        new("feature-rx-flip", "0"),
        new("feature-multicast-control", "1"),
        new("feature-dynamic-multicast-control", "1"),
        new("feature-split-event-channels", "1"),
        new("multi-queue-max-queues", queues.ToString(CultureInfo.InvariantCulture)),
    ];

    /// <summary>Connects to a frontend; an earlier connection ends first. False with the reason in words.</summary>
    /// <param name="domain">The frontend's domain.</param>
    /// <param name="frontend">What it wrote.</param>
    /// <param name="stopped">Called, once or once a queue, on a queue's thread if the connection cannot go on: the device is to be closed.</param>
    /// <param name="error">Why not.</param>
    public bool TryConnect(Domain domain, NetFrontend frontend, Action<string> stopped, out string error)
    {
        ArgumentNullException.ThrowIfNull(domain);
        ArgumentNullException.ThrowIfNull(frontend);
        Disconnect();
        var count = frontend.Queues.Count;
        if (count > port.Channels)
        {
            error = $"{name}: {count} queues, but {port.Channels} were offered";
            return false;
        }

        port.Use(count, frontend.ChecksumV4 && frontend.ChecksumV6, frontend is { LargeV4: true, ScatterGather: true }, frontend is { LargeV6: true, ScatterGather: true });
        var filter = _filter = new MulticastFilter(frontend.MulticastControl);
        var counters = new NetCounters[count];
        var queues = new List<NetQueue>();
        for (var i = 0; i < count; i++)
        {
            counters[i] = new NetCounters();
            if (TryQueue(domain, frontend, i, filter, counters[i], stopped, out error) is not { } queue)
            {
                error = $"{name}: {error}";
                Disconnect();
                return false;
            }

            queues.Add(queue);
        }

        _counters = counters;
        queues.ForEach(q => q.Start());
        error = "";
        return true;
    }

    /// <summary>Ends the connection.</summary>
    public void Disconnect()
    {
        // Backwards: a queue's thread ends before its rings and channels go.
        for (var i = _connection.Count - 1; i >= 0; i--)
        {
            _connection[i].Dispose();
        }

        _connection.Clear();
        _queues.Clear();
        _filter = null;
        _counters = [];
    }

    /// <summary>Limits what the guest sends from now on.</summary>
    public void ChangeRate(NetDeviceOptions changed)
    {
        ArgumentNullException.ThrowIfNull(changed);
        _rate.Change(changed.RateBytes, changed.RateMicroseconds);
        _queues.ForEach(q => q.Notify());
    }

    /// <summary>The frontend asks for a multicast filter, or for none any more; nothing without a connection.</summary>
    public void FilterMulticast(bool active)
    {
        if (_filter is { } filter)
        {
            filter.Active = active;
        }
    }

    /// <summary>Puts another helper behind the port, whose frontend stays connected. False, and the descriptors are closed, for ports that have none.</summary>
    public bool TryExchange(IReadOnlyList<SafeFileHandle> descriptors)
    {
        ArgumentNullException.ThrowIfNull(descriptors);
        if (descriptors is not [var socket] || port is not PasstPort passt)
        {
            foreach (var descriptor in descriptors)
            {
                descriptor.Dispose();
            }

            return false;
        }

        passt.Exchange(socket);
        _queues.ForEach(q => q.Notify());
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Disconnect();
        port.Dispose();
    }

    private NetQueue? TryQueue(Domain domain, NetFrontend frontend, int index, MulticastFilter filter, NetCounters counters, Action<string> stopped, out string error)
    {
        var wanted = frontend.Queues[index];
        NetQueue? queue = null;
        void Woken() => Volatile.Read(ref queue)?.Notify();
        if (MappedRing.TryMap(domain, [wanted.TxRing], wanted.TxChannel, Woken, out error) is not { } tx)
        {
            error = $"transmit {error}";
            return null;
        }

        _connection.Add(tx);
        IGrantedPages grants = new DomainGrants(domain);
        var notifyReceive = tx.Notify;
        nint page;
        if (wanted.RxChannel == wanted.TxChannel)
        {
            if (!grants.TryMap(wanted.RxRing, write: true, out var granted))
            {
                error = $"receive ring page: grant {wanted.RxRing} does not exist or does not allow writing by Domain-0";
                return null;
            }

            _connection.Add(new Holding(() => grants.Unmap(in granted, 0, 0)));
            page = granted.Page;
        }
        else
        {
            if (MappedRing.TryMap(domain, [wanted.RxRing], wanted.RxChannel, Woken, out error) is not { } rx)
            {
                error = $"receive {error}";
                return null;
            }

            _connection.Add(rx);
            notifyReceive = rx.Notify;
            page = rx.Addresses[0];
        }

        var channel = port.Channel(index);
        var txRing = new SharedRing(tx.Addresses, NetifLayout.TxEntrySize, NetifLayout.RingEntries);
        var rxRing = new SharedRing([page], NetifLayout.RxEntrySize, NetifLayout.RingEntries);
        var transmit = new GuestTransmit(txRing, grants, channel, port.TakesBlankChecksums, _rate, filter, counters, tx.Notify);
        var receive = new GuestReceive(new RxSlots(rxRing, grants), frontend, channel, filter, counters, notifyReceive);
        var made = new NetQueue(frontend.Queues.Count == 1 ? name : $"{name} queue {index}", transmit, receive, channel, frontend.NotifiesReceive, log, stopped);
        _connection.Add(made);
        _queues.Add(made);
        Volatile.Write(ref queue, made);
        return made;
    }

    private sealed class Holding(Action release) : IDisposable
    {
        public void Dispose() => release();
    }
}
