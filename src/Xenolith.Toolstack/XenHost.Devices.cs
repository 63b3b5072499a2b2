using System.Text;
using Xenolith.Config;
using Xenolith.Config.Json;
using Xenolith.Toolstack.Control;
using Xenolith.Toolstack.Devices;
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
        Order(domid, new Message(Verbs.DeviceAttach).With("config", Encoding.UTF8.GetString(DomainConfigSerializer.Serialize(devices))))
            .Text("remarks").Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The network interfaces of a domain, by number.</summary>
    public IReadOnlyList<NicStatus> Nics(int domid) => Guard(() => NicStatus.Read(_parts.Stores(_state.Run), domid));

    /// <summary>Takes a device away; returns when nothing is left of it.</summary>
    /// <param name="domid">The domain.</param>
    /// <param name="kind">The xenbus name of its kind: <c>vbd</c>, <c>vif</c>.</param>
    /// <param name="id">Its number.</param>
    /// <param name="patience">What to do about a guest that does not let go of it.</param>
    public void Detach(int domid, string kind, int id, DetachPatience patience) =>
        Order(domid, new Message(Verbs.DeviceDetach).With("kind", kind).With("id", id).With("patience", (long)patience));
}
