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
    private const int GuestNoticesMilliseconds = 1000;

    /// <summary>Adds devices to a domain; returns when each waits for its frontend. A restarted domain has them too.</summary>
    /// <param name="domid">The domain.</param>
    /// <param name="devices">A configuration of which only the devices count.</param>
    /// <returns>What a person should know about them, a line each.</returns>
    public IReadOnlyList<string> Attach(int domid, DomainConfig devices) =>
        Order(domid, new Message(Verbs.DeviceAttach).With("config", Encoding.UTF8.GetString(DomainConfigSerializer.Serialize(DiskTargets.Absolute(devices)))))
            .Text("remarks").Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The network interfaces of a domain, by number.</summary>
    public IReadOnlyList<NicStatus> Nics(int domid) => Guard(() => NicStatus.Read(_parts.Stores(_state.Run), domid));

    /// <summary>The disks of a domain, by number.</summary>
    public IReadOnlyList<DiskStatus> Disks(int domid) => Guard(() => DiskStatus.Read(_parts.Stores(_state.Run), domid));

    /// <summary>
    /// Puts a medium into a CD drive, or takes it out. A PV guest learns of it as of a disk that goes and another that comes: there is no word for
    /// it in the block protocol.
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

        // Nothing of an empty drive can be in use.
        Detach(domid, VbdKind.KindName, number, drive.Format == DiskFormat.Empty ? DetachPatience.None : DetachPatience.ThenFail);

        // A guest that finds the device's directory again before it has looked at its removal takes the new drive for the old one.
        Thread.Sleep(GuestNoticesMilliseconds);
        try
        {
            Attach(domid, config with { Disks = [medium], Nics = [] });
        }
        catch (ToolstackException)
        {
            Attach(domid, config with { Disks = [drive], Nics = [] });
            throw;
        }
    }

    /// <summary>Takes a device away; returns when nothing is left of it.</summary>
    /// <param name="domid">The domain.</param>
    /// <param name="kind">The xenbus name of its kind: <c>vbd</c>, <c>vif</c>.</param>
    /// <param name="id">Its number.</param>
    /// <param name="patience">What to do about a guest that does not let go of it.</param>
    public void Detach(int domid, string kind, int id, DetachPatience patience) =>
        Order(domid, new Message(Verbs.DeviceDetach).With("kind", kind).With("id", id).With("patience", (long)patience));
}
