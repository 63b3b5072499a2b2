using System.Globalization;
using System.Runtime.InteropServices;
using Xenolith.Config.Nics;
using Xenolith.Devices.Net;
using Xenolith.Host;
using Xenolith.Toolstack.Control;
using Xenolith.Toolstack.Devices.Hotplug;
using Xenolith.Toolstack.Monitors;
using Xenolith.Toolstack.Networks;

namespace Xenolith.Toolstack.Devices.Nics;

/// <summary>A network interface as the monitor sees it. See <see cref="Device"/> for the order of calls.</summary>
/// <param name="nic">The interface, number and address known.</param>
internal sealed class VifDevice(NicConfig nic) : Device
{
    /// <summary>Fields of the orders that carry nodes of the frontend begin so.</summary>
    public const string FrontendField = "frontend/";

    private const int MostQueues = 8, MostRestarts = 5, RestartPauseMilliseconds = 1_000, RestartsForgottenMilliseconds = 60_000;

    private NetworkWay? _way;
    private HotplugRun? _script;
    private VifLink? _link;
    private UplinkLease? _uplink;
    private NicClaim? _claim;
    private EventLoop.Source? _helperEnd;
    private LiveNode? _rate, _multicast;
    private DeviceSurroundings? _around;
    private bool _plugged, _disposed;
    private int _restarts;
    private long _restartedAt;
    private int _queues = Math.Clamp(Environment.ProcessorCount, 1, MostQueues);
    private int _mtu = nic.Mtu ?? VifNodes.DefaultMtu;

    /// <summary>The interface.</summary>
    public NicConfig Nic => nic;

    /// <inheritdoc/>
    public override string Kind => VifNodes.XenbusName;

    /// <inheritdoc/>
    public override int Id => nic.DeviceId;

    /// <inheritdoc/>
    public override string Title => string.Create(CultureInfo.InvariantCulture, $"vif {nic.DeviceId}");

    /// <inheritdoc/>
    public override void Prepare(DeviceSurroundings surroundings, Action<string?> done)
    {
        ArgumentNullException.ThrowIfNull(surroundings);
        ArgumentNullException.ThrowIfNull(done);
        try
        {
            using var host = new HostNetwork(surroundings.Context.Settings);
            _way = NetworkChoice.Of(nic, surroundings.Address.Domid, host);
            // The addresses of a new domain were claimed with its name; this one may come later.
            if (!surroundings.Config.Nics.Contains(nic))
            {
                _claim = LivingNics.Claim(surroundings, nic, host, out var conflict);
                if (conflict is not null)
                {
                    done(conflict);
                    return;
                }
            }

            _link = VifLink.Open(_way, nic, surroundings.Address.Domid, _queues, surroundings.Context);
        }
        catch (ToolstackException e)
        {
            done(e.Message);
            return;
        }
        catch (HostException e)
        {
            done(Refusal(e));
            return;
        }

        WatchHelper(surroundings);
        if (!_way.Uplink)
        {
            done(null);
            return;
        }

        try
        {
            _uplink = new(_way.Network, nic, surroundings.Context, surroundings.Log, error => done(error is null ? null : $"{Title}: {error}"));
        }
        catch (HostException e)
        {
            done(Refusal(e));
        }
    }

    /// <inheritdoc/>
    public override DeviceNodes Nodes(int domid) => VifNodes.Of(nic, _way!, domid, _mtu);

    /// <inheritdoc/>
    public override void FillOpen(Message order, List<SafeHandle> descriptors)
    {
        ArgumentNullException.ThrowIfNull(order);
        ArgumentNullException.ThrowIfNull(descriptors);
        order.With("port", _link!.Port.ToString().ToLowerInvariant()).With("mac", nic.Mac!).With("mtu", _mtu).With("queues", _queues);
        VifRate.Fill(order, nic.Rate);

        descriptors.AddRange(_link.Descriptors);
    }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, string Value)> Opened(Message answer)
    {
        _link!.Sent();
        _queues = (int)Math.Clamp(answer.Number("queues", 1), 1, _queues);
        return NetBackend.FeatureNodes(_queues).Select(node => (node.Key, node.Value));
    }

    /// <inheritdoc/>
    public override void Plug(DeviceSurroundings surroundings, Action<string?> done)
    {
        ArgumentNullException.ThrowIfNull(surroundings);
        ArgumentNullException.ThrowIfNull(done);
        switch (_way!.Kind)
        {
            case WayKind.Script:
                _script = new(surroundings, HotplugScript.ForNic(_way.Script!, surroundings.Address.Backend, _way.Interface, nic.GatewayDevice ?? string.Empty));
                _script.Do(error => Plugged(
                    surroundings, error is null ? null : $"{Title}: {error}. Mend that, or choose another `script' or `bridge'.", done));
                return;
            case WayKind.HostBridge:
                try
                {
                    _mtu = BridgePort.Connect(_way.Interface, _way.Network, nic.Mtu);
                }
                catch (HostException e)
                {
                    Plugged(surroundings, Refusal(e), done);
                    return;
                }

                surroundings.Store.Do(s => s.Write([new($"{surroundings.Address.Frontend}/mtu", Number(_mtu), [])]));
                break;
        }

        Plugged(surroundings, null, done);
    }

    /// <inheritdoc/>
    public override string? FillConnect(Func<string, string?> frontend, Message order)
    {
        NetFrontend.CopyNodes(frontend, _queues, (name, value) => order.With(FrontendField + name, value));
        _multicast?.Dispose();
        _multicast = _around is { } around
            ? new(around, $"{around.Address.Frontend}/{NetFrontend.MulticastNode}", frontend(NetFrontend.MulticastNode), value => new Message(Verbs.Device).With("order", DeviceOrders.Multicast).With("filter", value is not (null or "" or "0")))
            : null;
        return null;
    }

    /// <inheritdoc/>
    public override void Unplug(DeviceSurroundings surroundings, Action done)
    {
        ArgumentNullException.ThrowIfNull(surroundings);
        ArgumentNullException.ThrowIfNull(done);
        if (_script is null)
        {
            done();
            return;
        }

        _script.Undo(done);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _disposed = true;
        _rate?.Dispose();
        _multicast?.Dispose();
        _helperEnd?.Remove();
        _uplink?.Dispose();
        _link?.Dispose();
        _claim?.Dispose();
        base.Dispose();
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private void Plugged(DeviceSurroundings surroundings, string? error, Action<string?> done)
    {
        if (error is null)
        {
            var line = $"{Title} ({nic.Mac}): {_way!.Describe()}";
            surroundings.Log(_way.Describe());
            surroundings.Context.Remarks.Add(line);
            surroundings.WriteBackend([("hotplug-status", "connected")]);
            surroundings.Store.Do(s => s.Write([new($"{surroundings.Address.Libxl}/{VifNodes.WayNode}", _way.Describe(), [])]));
            _plugged = true;
            _around = surroundings;
            _rate = new(surroundings, $"{surroundings.Address.Backend}/rate", VifRate.Text(nic.Rate), value => ChangedRate(surroundings, value));
        }

        done(error);
    }

    private void WatchHelper(DeviceSurroundings surroundings)
    {
        if (_link!.Helper is { } helper)
        {
            _helperEnd = surroundings.Context.Loop.Add(helper.Descriptor, PollEvents.Readable, _ => HelperEnded(surroundings, helper));
        }
    }

    private void HelperEnded(DeviceSurroundings surroundings, ProcessHandle helper)
    {
        if (helper.Reap() is not { } end)
        {
            return;
        }

        _helperEnd!.Remove();
        var now = Environment.TickCount64;
        _restarts = now - _restartedAt > RestartsForgottenMilliseconds ? 0 : _restarts;
        if (_plugged && _restarts < MostRestarts)
        {
            _restarts++;
            _restartedAt = now;
            // Not at once: if the domain has ended, passt went with it, and soon the interface does too.
            surroundings.Context.Loop.After(_restarts * RestartPauseMilliseconds, () => RestartHelper(surroundings, end.ToString()));
            return;
        }

        var log = surroundings.Context.Log;
        surroundings.Fail(
            $"{Title}: {_way!.Passt} {end}: {log.LastLine() ?? "without a word"} (in {log.Where}). It needs an interface of the host with a default route, and for `forward' "
            + "ports that are free and, unless it is root's, not below 1024. Mend that, or name a switch, as in bridge=bridge0.");
    }

    /// <summary>Starts the helper anew behind the interface, whose frontend stays connected.</summary>
    private void RestartHelper(DeviceSurroundings surroundings, string? end)
    {
        if (_disposed)
        {
            return;
        }

        surroundings.Log($"{_way!.Passt} {end}. It is started again; what the guest had open through it is lost.");

        try
        {
            _link!.Dispose();
            _link = VifLink.Open(_way!, nic, surroundings.Address.Domid, _queues, surroundings.Context);
        }
        catch (HostException e)
        {
            surroundings.Fail(Refusal(e));
            return;
        }

        WatchHelper(surroundings);
        var link = _link;
        surroundings.Order(new Message(Verbs.Device).With("order", DeviceOrders.Exchange), link.Descriptors, _ => link.Sent());
    }

    private Message? ChangedRate(DeviceSurroundings surroundings, string? value)
    {
        if (!VifRate.TryParse(value, out var rate))
        {
            surroundings.Log($"the rate '{value}' in the store is not like 1000000,50000 (bytes, microseconds): the one before stays");
            return null;
        }

        var order = new Message(Verbs.Device).With("order", DeviceOrders.Rate);
        VifRate.Fill(order, rate);
        return order;
    }

    private string Refusal(HostException e)
    {
        var step = e.Errno is Errno.EPERM or Errno.EACCES
            ? " This user lacks CAP_NET_ADMIN over that interface: run xl with that right."
            : string.Empty;
        return $"{Title}: cannot {e.Message}.{step}";
    }
}
