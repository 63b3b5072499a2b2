using System.Text;
using Xenolith.Config;
using Xenolith.Config.Json;
using Xenolith.Toolstack.Control;
using Xenolith.Toolstack.Monitors;

namespace Xenolith.Toolstack.Devices;

/// <summary>
/// All devices of one domain: those of its configuration, and those attached and detached later. The configuration follows, so that a restarted
/// domain has what this one had.
/// <para>Thread ownership: the monitor's thread.</para>
/// </summary>
/// <param name="context">The monitor.</param>
/// <param name="store">Its store.</param>
/// <param name="domid">The domain.</param>
/// <param name="child">The domain's process.</param>
/// <param name="config">The domain's configuration as it is now.</param>
/// <param name="changed">Called with the configuration when devices came or went.</param>
internal sealed class DomainDevices(
    MonitorContext context, StoreKeeper store, int domid, DomainChild child, Func<DomainConfig> config, Action<DomainConfig> changed) : IDisposable
{
    /// <summary>How long the scripts of a removal may take when the whole domain goes.</summary>
    private const int UnplugMilliseconds = 20_000;

    private readonly List<AttachedDevice> _devices = [];

    /// <summary>Makes devices.</summary>
    /// <param name="part">The domain's configuration, or one that holds only what is to be added.</param>
    /// <param name="done">Called once: with the devices when all wait for their frontends, or with what went wrong; then none of them stays.</param>
    public void Add(DomainConfig part, Action<IReadOnlyList<Device>, string?> done)
    {
        var fresh = new List<AttachedDevice>();
        try
        {
            foreach (var kind in DeviceKinds.All)
            {
                foreach (var device in kind.Of(part, [.. _devices.Where(d => d.Device.Kind == kind.Name).Select(d => d.Device.Id)]))
                {
                    fresh.Add(New(device));
                }
            }
        }
        catch (ToolstackException e)
        {
            fresh.ForEach(Discard);
            done([], e.Message);
            return;
        }

        var waited = fresh.Count + 1;
        string? failure = null;
        void Made(string? error)
        {
            failure ??= error;
            if (--waited > 0)
            {
                return;
            }

            if (failure is not null)
            {
                fresh.ForEach(d => d.Remove(DetachPatience.None, _ => { }));
            }

            done([.. fresh.Select(d => d.Device)], failure);
        }

        fresh.ForEach(d => d.Make(Made));
        Made(null);
    }

    /// <summary>Serves <see cref="Verbs.DeviceAttach"/>, <see cref="Verbs.DeviceDetach"/> and <see cref="Verbs.DeviceExchange"/>; answers when it is done.</summary>
    public void Serve(Message request, Action<Message> answer)
    {
        switch (request.Verb)
        {
            case Verbs.DeviceAttach:
                Attach(Part(request), answer);
                break;
            case Verbs.DeviceExchange:
                Exchange(Part(request), answer);
                break;
            default:
                Detach(request, answer);
                break;
        }
    }

    /// <summary>
    /// Takes all devices away from a domain that is kept after its end while its successor needs them: images, interfaces, and what locks them.
    /// Turns the loop until that is done.
    /// </summary>
    public void Release()
    {
        var waited = _devices.Count;
        _devices.ToList().ForEach(d => d.Remove(DetachPatience.None, _ => waited--));
        if (!context.Loop.RunUntil(() => waited == 0, UnplugMilliseconds))
        {
            context.Log.Write($"Domain {domid}: its devices were not released within {UnplugMilliseconds / 1000} seconds; going on without that.");
        }
    }

    /// <summary>The domain process tells of a device, unasked.</summary>
    public void Hear(Message message)
    {
        if (Find(message.Text("kind"), (int)message.Number("id", -1)) is not { } device)
        {
            return;
        }

        try
        {
            device.Hear(message);
        }
        catch (Exception e) when (StoreTrouble.Is(e))
        {
            context.Log.Write($"Domain {domid}, {device.Device.Title}: the store could not be told: {e.Message}");
        }
    }

    /// <summary>The device of this kind and id; null if there is none.</summary>
    public AttachedDevice? Find(string kind, int id) => _devices.Find(d => d.Device.Kind == kind && d.Device.Id == id);

    /// <summary>The domain goes as a whole: runs the scripts of removal while the nodes still stand, and ends what devices started.</summary>
    public void Dispose()
    {
        var waited = _devices.Count;
        // Ending a script that makes a device may take that device, and those made with it, off the list.
        _devices.ToList().ForEach(d => d.Unplug(() => waited--));
        if (!context.Loop.RunUntil(() => waited == 0, UnplugMilliseconds))
        {
            context.Log.Write($"Domain {domid}: scripts that remove its devices did not end within {UnplugMilliseconds / 1000} seconds; going on without them.");
        }

        _devices.ForEach(d => d.Dispose());
        _devices.Clear();
    }

    private AttachedDevice New(Device device)
    {
        if (Find(device.Kind, device.Id) is not null)
        {
            device.Dispose();
            throw new ToolstackException($"{device.Title}: the domain has a device of that name and number ({device.Kind} {device.Id}) already. Choose another, or detach that one first.");
        }

        var attached = new AttachedDevice(device, new(device.Kind, domid, device.Id, device.BackendKind), context, store, child, config());
        attached.Vanished = () =>
        {
            _devices.Remove(attached);
            changed(DeviceKinds.Find(device.Kind)!.Without(config(), device));
        };
        _devices.Add(attached);
        return attached;
    }

    private void Discard(AttachedDevice device)
    {
        _devices.Remove(device);
        device.Dispose();
    }

    private void Attach(DomainConfig part, Action<Message> answer) => Add(part, (devices, error) =>
    {
        if (error is not null)
        {
            answer(new Message(Verbs.Failed).With("text", error));
            return;
        }

        changed(devices.Aggregate(config(), (whole, device) => DeviceKinds.Find(device.Kind)!.With(whole, device)));
        answer(new Message(Verbs.Done).With("remarks", context.TakeRemarks()));
    });

    private void Exchange(DomainConfig part, Action<Message> answer)
    {
        var successor = DeviceKinds.All.SelectMany(kind => kind.Of(part, [])).First();
        if (Find(successor.Kind, successor.Id) is not { } device || device.Address.BackendKind != successor.BackendKind)
        {
            successor.Dispose();
            answer(new Message(Verbs.Failed).With("text", $"the domain has no {successor.Title} of that kind"));
            return;
        }

        device.Exchange(successor, error =>
        {
            if (error is not null)
            {
                answer(new Message(Verbs.Failed).With("text", error));
                return;
            }

            changed(DeviceKinds.Find(successor.Kind)!.With(config(), successor));
            answer(new Message(Verbs.Done).With("remarks", context.TakeRemarks()));
        });
    }

    private static DomainConfig Part(Message request) => DomainConfigSerializer.Deserialize(Encoding.UTF8.GetBytes(request.Text("config")));

    private void Detach(Message request, Action<Message> answer)
    {
        if (Find(request.Text("kind"), (int)request.Number("id", -1)) is not { } device)
        {
            answer(new Message(Verbs.Failed).With("text", $"the domain has no {request.Text("kind")} {request.Text("id")}"));
            return;
        }

        device.Remove((DetachPatience)request.Number("patience"), error =>
            answer(error is null ? new(Verbs.Done) : new Message(Verbs.Failed).With("text", error)));
    }
}
