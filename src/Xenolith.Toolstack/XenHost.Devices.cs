using System.Text;
using Xenolith.Config;
using Xenolith.Config.Disks;
using Xenolith.Config.Json;
using Xenolith.Toolstack.Control;
using Xenolith.Toolstack.Devices;
using Xenolith.Toolstack.Devices.Disks;
using Xenolith.Toolstack.Devices.Nics;

namespace Xenolith.Toolstack;

/// <summary>Devices of a running domain.</summary>
public sealed partial class XenHost
{
    /// <summary>Adds devices to a domain; returns when each waits for its frontend. A restarted domain has them too.</summary>
    /// <param name="domid">The domain.</param>
    /// <param name="devices">A configuration of which only the devices count.</param>
    /// <returns>What a person should know about them, a line each.</returns>
    public IReadOnlyList<string> Attach(int domid, DomainConfig devices) =>
        Order(domid, WithDevices(Verbs.DeviceAttach, devices))
            .Text("remarks").Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The network interfaces of a domain, by number.</summary>
    public IReadOnlyList<NicStatus> Nics(int domid) => Guard(() => NicStatus.Read(_parts.Stores(_state.Run), domid));

    /// <summary>The disks of a domain, by number.</summary>
    public IReadOnlyList<DiskStatus> Disks(int domid) => Guard(() => DiskStatus.Read(_parts.Stores(_state.Run), domid));

    /// <summary>
    /// Puts a medium into a CD drive, or takes it out. The frontend stays connected and sees a disk that has another size; a guest that has the drive
    /// open goes on with what it remembers of the old medium.
    /// </summary>
    /// <param name="domid">The domain.</param>
    /// <param name="medium">The drive as it is to be; its target is null for an empty one.</param>
    public void ChangeMedium(int domid, DiskConfig medium)
    {
        ArgumentNullException.ThrowIfNull(medium);
        var number = VbdKind.NumberOf(medium);
        var config = ConfigOf(domid) ?? throw Gone(domid);
        if (config.Disks.FirstOrDefault(d => VbdKind.NumberOf(d) == number) is not { IsCdrom: true } drive)
        {
            throw new ToolstackException($"domain {config.Name} has no CD drive {medium.VirtualDevice}. See its disks with: xl block-list {config.Name}");
        }

        // The drive stays what it is: only what lies in it changes, behind the same backend.
        var (directory, _) = VbdNodes.BackendOf(drive);
        var backend = directory switch
        {
            "qdisk" => DiskBackend.Qdisk,
            "vbd3" => DiskBackend.Tap,
            _ => drive.Backend,
        };
        var changed = drive with { Target = medium.Target, Format = medium.Format, Backend = backend, Position = null };
        Order(domid, WithDevices(Verbs.DeviceExchange, config with { Disks = [changed], Nics = [] }));
    }

    /// <summary>Takes a device away; returns when nothing is left of it.</summary>
    /// <param name="domid">The domain.</param>
    /// <param name="kind">The xenbus name of its kind: <c>vbd</c>, <c>vif</c>.</param>
    /// <param name="id">Its number.</param>
    /// <param name="patience">What to do about a guest that does not let go of it.</param>
    public void Detach(int domid, string kind, int id, DetachPatience patience) =>
        Order(domid, new Message(Verbs.DeviceDetach).With("kind", kind).With("id", id).With("patience", (long)patience));

    private static Message WithDevices(string verb, DomainConfig devices) =>
        new Message(verb).With("config", Encoding.UTF8.GetString(DomainConfigSerializer.Serialize(DiskTargets.Absolute(devices))));
}
