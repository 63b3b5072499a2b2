using Microsoft.Win32.SafeHandles;
using Xenolith.Machine;
using Xenolith.Toolstack.Control;

namespace Xenolith.Toolstack.Domains.Backends;

/// <summary>
/// The devices of a domain in its process: takes the monitor's orders and answers them. Orders about one device are done one after the other on
/// a thread that exists only while there are any, so that a disk whose server hangs stops nothing but itself.
/// <para>Thread ownership: <see cref="Order"/> is for one thread; the table is guarded by a leaf lock.</para>
/// </summary>
internal sealed class DomainBackends(Domain domain, IDomainEvents events) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Kind, long Id), OpenDevice> _devices = [];

    /// <summary>Performs an order of the monitor.</summary>
    /// <param name="order">A <see cref="Verbs.Device"/>.</param>
    /// <param name="descriptors">What came with it; owned from now on.</param>
    /// <param name="answer">Called once, on any thread.</param>
    public void Order(Message order, IReadOnlyList<SafeFileHandle> descriptors, Action<Message> answer)
    {
        var key = (order.Text("kind"), order.Number("id", -1));
        OpenDevice? device;
        lock (_gate)
        {
            if (!_devices.TryGetValue(key, out device))
            {
                _devices.Add(key, device = new());
            }
        }

        device.Post(() => answer(Perform(device, key, order, descriptors)));
    }

    /// <summary>What all devices did so far, each counter with the device's kind and number before it: <c>vbd/51712/rd</c>.</summary>
    public IEnumerable<KeyValuePair<string, long>> Counters()
    {
        lock (_gate)
        {
            return [.. _devices.SelectMany(d => (d.Value.Backend?.Counters() ?? []).Select(c => KeyValuePair.Create($"{d.Key.Kind}/{d.Key.Id}/{c.Key}", c.Value)))];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        List<OpenDevice> devices;
        lock (_gate)
        {
            devices = [.. _devices.Values];
            _devices.Clear();
        }

        devices.ForEach(d => d.Post(() => d.Backend?.Dispose()));
    }

    private Message Perform(OpenDevice device, (string Kind, long Id) key, Message order, IReadOnlyList<SafeFileHandle> descriptors)
    {
        var answer = new Message(Verbs.DeviceAnswer).With("ticket", order.Number("ticket"));
        try
        {
            Perform(device, key, order, descriptors, answer);
            return answer;
        }
        catch (DeviceException e)
        {
            return answer.With("error", e.Message);
        }
        catch (Exception e)
        {
            // A fault of a backend is that device's, not the domain's; the stack goes to the log.
            Console.Error.WriteLine(e);
            return answer.With("error", $"{order.Text("name")}: {e.Message}");
        }
    }

    private void Perform(OpenDevice device, (string Kind, long Id) key, Message order, IReadOnlyList<SafeFileHandle> descriptors, Message answer)
    {
        switch (order.Text("order"))
        {
            case DeviceOrders.Open:
                device.Backend?.Dispose();
                var kind = BackendKinds.Find(key.Kind) ?? throw new DeviceException($"{order.Text("name")}: this program serves no {key.Kind}");
                device.Backend = kind.Open(domain, order, descriptors, answer, new(
                    events.Log,
                    cause => events.DeviceFailed(key.Kind, (int)key.Id, cause),
                    message => events.DeviceSaid(message.With("kind", key.Kind).With("id", key.Id))));
                break;
            case DeviceOrders.Close:
                device.Backend?.Dispose();
                device.Backend = null;
                break;
            case DeviceOrders.Disconnect:
                device.Backend?.Disconnect();
                break;
            case DeviceOrders.Connect when device.Backend is { } open:
                open.Connect(order, answer);
                break;
            case var _ when device.Backend is { } open:
                open.Perform(order, descriptors, answer);
                break;
            default:
                throw new DeviceException($"{order.Text("name")}: it is not open");
        }
    }

    /// <summary>A device and the orders that wait for it. Locks: its own queue, a leaf.</summary>
    private sealed class OpenDevice
    {
        private readonly Queue<Action> _orders = new();
        private bool _running;

        /// <summary>The device; null before it is opened and after it is closed.</summary>
        public IDeviceBackend? Backend { get; set; }

        public void Post(Action order)
        {
            lock (_orders)
            {
                _orders.Enqueue(order);
                if (_running)
                {
                    return;
                }

                _running = true;
            }

            new Thread(Run) { IsBackground = true, Name = "device orders" }.Start();
        }

        private void Run()
        {
            while (true)
            {
                Action? order;
                lock (_orders)
                {
                    if (!_orders.TryDequeue(out order))
                    {
                        _running = false;
                        return;
                    }
                }

                order();
            }
        }
    }
}
