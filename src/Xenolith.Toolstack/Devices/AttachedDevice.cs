using System.Globalization;
using System.Runtime.InteropServices;
using Xenolith.Toolstack.Control;
using Xenolith.Toolstack.Monitors;

namespace Xenolith.Toolstack.Devices;

/// <summary>
/// The backend's half of one device of a domain: makes its nodes, watches the frontend, performs the xenbus handshake and removes it again.
/// One thing at a time: while an order to the domain process is under way nothing else begins, and then both states are looked at again.
/// <para>Thread ownership: the monitor's thread. The nodes in the store are the truth for the guest; <see cref="State"/> is what we wrote there.</para>
/// </summary>
internal sealed class AttachedDevice : IDisposable
{
    /// <summary>How long a guest may take to close a device, as in libxl.</summary>
    private const int DetachMilliseconds = 10_000;

    // The guest's own words may stand in it, and a node of the store holds 4 KiB.
    private const int LongestCause = 1000;

    private Device _device;
    private readonly DeviceSurroundings _around;
    private readonly DomainChild _child;
    private readonly StoreKeeper _store;
    private IDisposable? _watch;
    private IDisposable? _onlineWatch;
    private Action<string?>? _made;
    private Action<string?>? _removed;
    private Action<string?>? _exchanged;
    private Action? _unplugged;
    private int _underWay;
    private bool _plugged, _scriptsOwed, _unplugging, _disposed, _failed, _lost, _disconnecting;

    /// <summary>Makes the backend's half of a device; <see cref="Make"/> does the work.</summary>
    public AttachedDevice(Device device, DeviceAddress address, MonitorContext context, StoreKeeper store, DomainChild child, Config.DomainConfig config)
    {
        _device = device;
        _child = child;
        _store = store;
        Address = address;
        _around = new()
        {
            Context = context,
            Store = store,
            Address = address,
            DomainName = config.Name,
            Config = config,
            Log = Log,
            Order = Order,
            Fail = Fail,
            WriteBackend = nodes => store.Do(s => s.Write([.. nodes.Select(Node)])),
        };
    }

    /// <summary>The device.</summary>
    public Device Device => _device;

    /// <summary>Its place.</summary>
    public DeviceAddress Address { get; }

    /// <summary>The backend's state.</summary>
    public XenbusState State { get; private set; }

    /// <summary>It is wanted; false once its removal has begun.</summary>
    public bool Online { get; private set; } = true;

    /// <summary>Called when nothing of the device is left while its domain lives on.</summary>
    public Action? Vanished { get; set; }

    /// <summary>Prepares the device, writes its nodes, opens it in the domain process and plugs it.</summary>
    /// <param name="made">Called when the backend waits for its frontend, with null, or with what went wrong; then the device is to be disposed.</param>
    public void Make(Action<string?> made)
    {
        _made = made;
        Prepare(Guarded(() =>
        {
            var nodes = _device.Nodes(Address.Domid).ToWrite(Address);
            _store.Do(s => s.Write(nodes, [Address.Libxl, Address.Frontend, Address.Backend]));
            State = XenbusState.Initialising;
            _scriptsOwed = true;
            _device.Provide(_around, Guarded(Open));
        }));
    }

    /// <summary>Takes the device away: the frontend is asked to close it, unless that is forced.</summary>
    /// <param name="patience">How long, and what then.</param>
    /// <param name="removed">Called with null when nothing is left of it, or with why it stays.</param>
    public void Remove(DetachPatience patience, Action<string?> removed)
    {
        _removed += removed;
        Online = false;
        if (patience == DetachPatience.None || State is XenbusState.Closed or XenbusState.Unknown)
        {
            Vanish();
            return;
        }

        _store.Do(s => s.Write([Node(("online", "0")), Node(("state", Text(XenbusState.Closing)))]));
        State = XenbusState.Closing;
        _around.Context.Loop.After(DetachMilliseconds, () => GiveUp(patience));
        Look();
    }

    /// <summary>Puts something else behind the device, which stays attached, and its frontend connected.</summary>
    /// <param name="successor">What the device is from then on, of the same kind, number and backend; owned from now on.</param>
    /// <param name="exchanged">Called once with null, or with why everything is as before.</param>
    public void Exchange(Device successor, Action<string?> exchanged)
    {
        if (!_plugged || !Online || _disposed || _exchanged is not null)
        {
            successor.Dispose();
            exchanged($"{_device.Title} is being attached, changed or removed just now; try again in a moment.");
            return;
        }

        _exchanged = error =>
        {
            _exchanged = null;
            if (error is not null)
            {
                successor.Dispose();
            }

            exchanged(error);
        };
        try
        {
            successor.Prepare(_around, error => Exchange(successor, error));
        }
        catch (Exception e) when (StoreTrouble.Is(e))
        {
            _exchanged?.Invoke(e.Message);
        }
    }

    /// <summary>The domain process tells of the device, unasked.</summary>
    public void Hear(Message message)
    {
        if (message.Verb == Verbs.DeviceFailed && _disconnecting)
        {
            // It failed just before it was told to end: the frontend closed it already, and may begin again.
            Log(message.Text("text"));
        }
        else if (message.Verb == Verbs.DeviceFailed)
        {
            Fail(message.Text("text"));
        }
        else if (!_disposed && State == XenbusState.Connected)
        {
            // The state is written again, unchanged, so that the frontend looks at the nodes.
            Enter(State, _device.Said(message));
        }
    }

    /// <summary>The device cannot go on.</summary>
    public void Fail(string cause)
    {
        if (_disposed || _failed)
        {
            return;
        }

        cause = cause.Length > LongestCause ? $"{cause[..LongestCause]}..." : cause;
        Log(cause);
        if (_made is not null)
        {
            Finish(cause);
            return;
        }

        _failed = true;
        _store.Do(s => s.Write([new($"{Address.Error}/error", cause, []), Node(("state", Text(XenbusState.Closing)))]));
        State = XenbusState.Closing;
        Order(new Message(Verbs.Device).With("order", DeviceOrders.Disconnect), null, _ => Look());
    }

    /// <summary>Ends everything of the device but its nodes and scripts: for a domain that is removed as a whole.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _watch?.Dispose();
        _onlineWatch?.Dispose();
        _exchanged?.Invoke($"{_device.Title} was removed meanwhile.");
        _device.Dispose();
    }

    /// <summary>Runs the scripts of its removal, if those of its making were begun; who asks while they run waits for the same end.</summary>
    public void Unplug(Action done)
    {
        if (!_scriptsOwed && !_unplugging)
        {
            done();
            return;
        }

        _unplugged += done;
        if (!_unplugging)
        {
            (_scriptsOwed, _unplugging) = (false, true);
            _device.Unplug(_around, () =>
            {
                _unplugging = false;
                var waiting = _unplugged;
                _unplugged = null;
                waiting?.Invoke();
            });
        }
    }

    private void Exchange(Device successor, string? error)
    {
        if (_exchanged is null)
        {
            return; // it was removed meanwhile
        }

        if (error is not null)
        {
            _exchanged(error);
            return;
        }

        var order = new Message(Verbs.Device).With("order", DeviceOrders.Exchange);
        var descriptors = new List<SafeHandle>();
        successor.FillOpen(order, descriptors);
        Order(order, descriptors, answer =>
        {
            if (Refusal(answer) is { } refusal)
            {
                _exchanged?.Invoke(refusal);
                return;
            }

            var predecessor = _device;
            _device = successor;
            predecessor.Dispose();
            var (removed, written) = successor.Exchanged(answer!);
            var nodes = written.ToList();
            _store.Do(s => s.Write([.. nodes.Select(Node), .. nodes.Select(n => new StoreNode($"{Address.Libxl}/{n.Name}", n.Value, []))], [.. removed.Select(name => $"{Address.Backend}/{name}")]));
            if (State == XenbusState.Connected)
            {
                // Written again, unchanged, so that the frontend looks at the nodes.
                Enter(State, []);
            }

            _exchanged?.Invoke(null);
        });
    }

    private void Prepare(Action<string?> done)
    {
        try
        {
            _device.Prepare(_around, done);
        }
        catch (Exception e) when (StoreTrouble.Is(e))
        {
            done(e.Message);
        }
    }

    private void Open()
    {
        var order = new Message(Verbs.Device).With("order", DeviceOrders.Open);
        var descriptors = new List<SafeHandle>();
        _device.FillOpen(order, descriptors);
        Order(order, descriptors, Opened);
    }

    private void Opened(Message? answer)
    {
        if (Refusal(answer) is { } error)
        {
            Finish(error);
            return;
        }

        Enter(XenbusState.InitWait, _device.Opened(answer!));
        _device.Plug(_around, Guarded(() =>
        {
            _plugged = true;
            _watch = _store.Watch($"{Address.Frontend}/state", Look);
            _onlineWatch = _store.Watch($"{Address.Backend}/state", LookForOrders);
            Finish(null);
        }));
    }

    /// <summary>What a callback of the device's making does when nothing went wrong before it, in it, or meanwhile.</summary>
    private Action<string?> Guarded(Action next) => error =>
    {
        if (_disposed)
        {
            return;
        }

        if (error is not null)
        {
            Finish(error);
            return;
        }

        try
        {
            next();
        }
        catch (Exception e) when (StoreTrouble.Is(e))
        {
            Finish(e.Message);
        }
    };

    private void Finish(string? error)
    {
        var made = _made;
        _made = null;
        made?.Invoke(error);
    }

    /// <summary>Others may ask a backend to close by writing its state, as libxl does for a device it removes.</summary>
    private void LookForOrders()
    {
        if (!_disposed && Online && State != XenbusState.Closing && Read($"{Address.Backend}/state") == XenbusState.Closing)
        {
            Online = _store.Do(s => s.Read($"{Address.Backend}/online")) != "0";
            State = XenbusState.Closing;
            Look();
        }
    }

    private void Look()
    {
        if (_underWay > 0 || !_plugged || _disposed || _lost)
        {
            return;
        }

        switch (XenbusTransitions.Next(Read($"{Address.Frontend}/state"), State))
        {
            case BackendStep.Connect when Online && !_failed:
                Connect();
                break;
            case BackendStep.Close:
                Disconnect(XenbusState.Closing);
                break;
            case BackendStep.Finish:
                _failed = false;
                Disconnect(XenbusState.Closed);
                break;
            case BackendStep.Reopen when Online:
                Disconnect(XenbusState.InitWait);
                break;
            case BackendStep.None when State == XenbusState.Closed && !Online:
                Vanish();
                break;
        }
    }

    private void Connect()
    {
        var order = new Message(Verbs.Device).With("order", DeviceOrders.Connect);
        if (_device.FillConnect(name => _store.Do(s => s.Read($"{Address.Frontend}/{name}")), order) is { } wrong)
        {
            Fail($"the guest's driver wrote something that cannot be: {wrong}");
            return;
        }

        Order(order, null, answer =>
        {
            if (answer is null)
            {
                return; // the domain has ended, and is removed as a whole
            }

            if (Refusal(answer) is { } error)
            {
                Fail(error);
                return;
            }

            if (Online && State != XenbusState.Closing)
            {
                Enter(XenbusState.Connected, _device.Connected(answer));
            }
        });
    }

    private void Disconnect(XenbusState next)
    {
        _disconnecting = true;
        Order(new Message(Verbs.Device).With("order", DeviceOrders.Disconnect), null, answer =>
        {
            _disconnecting = false;
            if (answer is not null)
            {
                Enter(Online || next != XenbusState.InitWait ? next : XenbusState.Closed, []);
            }
        });
    }

    private void Enter(XenbusState state, IEnumerable<(string Name, string Value)> nodes)
    {
        State = state;
        _store.Do(s => s.Write([.. nodes.Append(("state", Text(state))).Select(Node)]));
    }

    private void GiveUp(DetachPatience patience)
    {
        if (_disposed || _removed is null)
        {
            return;
        }

        if (patience == DetachPatience.ThenForce)
        {
            Vanish();
            return;
        }

        var removed = _removed;
        _removed = null;
        removed($"{_device.Title} is still in use: the guest did not let go of it within {DetachMilliseconds / 1000} seconds. It is removed as soon as the guest does; or unmount it there, or use --force.");
    }

    private void Vanish()
    {
        if (_disposed)
        {
            return;
        }

        Order(new Message(Verbs.Device).With("order", DeviceOrders.Close), null, _ => Unplug(() =>
        {
            Dispose();
            _store.Do(s => s.Write([], [Address.Frontend, Address.Libxl, Address.Backend, Address.Error]));
            Vanished?.Invoke();
            _removed?.Invoke(null);
        }));
    }

    private void Order(Message order, IReadOnlyList<SafeHandle>? descriptors, Action<Message?> then)
    {
        _underWay++;
        order.With("kind", Address.Kind).With("id", Address.Id).With("name", _device.Title);
        _child.Order(order, descriptors, answer =>
        {
            _underWay--;
            _lost = answer is null;
            if (_disposed)
            {
                return;
            }

            try
            {
                then(answer);
                Look();
            }
            catch (Exception e) when (StoreTrouble.Is(e))
            {
                Log($"the store could not be told: {e.Message}");
                Finish(e.Message);
            }
        });
    }

    private string? Refusal(Message? answer) => answer switch
    {
        null => $"{_device.Title}: the process of domain {_around.DomainName} ended before the device was ready",
        _ when answer.Text("error") is { Length: > 0 } error => error,
        _ => null,
    };

    private XenbusState Read(string path) =>
        int.TryParse(_store.Do(s => s.Read(path)), NumberStyles.None, CultureInfo.InvariantCulture, out var state) && state is >= 0 and <= 6 ? (XenbusState)state : XenbusState.Unknown;

    private StoreNode Node((string Name, string Value) node) => new($"{Address.Backend}/{node.Name}", node.Value, []);

    private void Log(string text) => _around.Context.Log.Write($"Domain {Address.Domid}, {_device.Title}: {text}");

    private static string Text(XenbusState state) => ((int)state).ToString(CultureInfo.InvariantCulture);
}
