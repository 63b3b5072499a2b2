using System.Globalization;
using Xenolith.Toolstack.Monitors;

namespace Xenolith.Toolstack.Devices;

/// <summary>
/// What a kind of device writes into the store when a device is made, in the order in which it is written. Names are relative to the device's
/// directories; the parts that all devices have (who the other half is, permissions, parents) are added by <see cref="ToWrite"/>.
/// </summary>
/// <param name="Backend">Into the backend's directory, and repeated below <c>/libxl</c>.</param>
/// <param name="Frontend">Into the guest's directory; the guest owns them.</param>
/// <param name="ReadOnlyFrontend">Into the guest's directory; it may read them.</param>
internal sealed record DeviceNodes(
    IReadOnlyList<(string Name, string Value)> Backend,
    IReadOnlyList<(string Name, string Value)> Frontend,
    IReadOnlyList<(string Name, string Value)> ReadOnlyFrontend)
{
    /// <summary>All nodes of a new device, parents first, as libxl writes them (shared facts: the store of a running domain).</summary>
    public IReadOnlyList<StoreNode> ToWrite(DeviceAddress address)
    {
        var domid = address.Domid.ToString(CultureInfo.InvariantCulture);
        string[] host = ["n0"], readable = ["n0", $"r{domid}"], guest = [$"n{domid}", "r0"];
        var nodes = new List<StoreNode>
        {
            new($"/libxl/{domid}/device/{address.Kind}", string.Empty, host),
            new(address.Libxl, string.Empty, host),
            new($"{address.Libxl}/frontend", address.Frontend, host),
            new($"{address.Libxl}/backend", address.Backend, host),
            new($"/local/domain/{domid}/device/{address.Kind}", string.Empty, readable),
            new(address.Frontend, string.Empty, guest),
            new($"{address.Frontend}/backend", address.Backend, guest),
            new($"{address.Frontend}/backend-id", "0", guest),
        };
        nodes.AddRange(Frontend.Select(n => new StoreNode($"{address.Frontend}/{n.Name}", n.Value, guest)));
        nodes.AddRange(ReadOnlyFrontend.Select(n => new StoreNode($"{address.Frontend}/{n.Name}", n.Value, readable)));
        nodes.Add(new("/local/domain/0/backend", string.Empty, host));
        nodes.Add(new($"/local/domain/0/backend/{address.BackendKind}", string.Empty, host));
        nodes.Add(new($"/local/domain/0/backend/{address.BackendKind}/{domid}", string.Empty, host));
        nodes.Add(new(address.Backend, string.Empty, readable));
        nodes.Add(new($"{address.Backend}/frontend", address.Frontend, readable));
        foreach (var (name, value) in Backend)
        {
            nodes.Add(new($"{address.Backend}/{name}", value, readable));
            nodes.Add(new($"{address.Libxl}/{name}", value, host));
        }

        return nodes;
    }
}
