using System.Globalization;
using Xenolith.Toolstack.Monitors;

namespace Xenolith.Toolstack.Devices.Nics;

/// <summary>An interface as the store shows it now: a row of <c>xl network-list</c>.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Mac">Its address.</param>
/// <param name="State">The frontend's state.</param>
/// <param name="EventChannel">The frontend's event channel, or -1 if it has none or one for each direction.</param>
/// <param name="TransmitRing">Grant of its transmit ring, or -1.</param>
/// <param name="ReceiveRing">Grant of its receive ring, or -1.</param>
/// <param name="BackendPath">The backend's directory in the store.</param>
/// <param name="Way">Which way out it takes, in words; null if nobody says.</param>
public sealed record NicStatus(int Id, string Mac, int State, long EventChannel, long TransmitRing, long ReceiveRing, string BackendPath, string? Way)
{
    /// <summary>Reads the interfaces of a domain; none if no store runs.</summary>
    internal static IReadOnlyList<NicStatus> Read(IHostStoreFinder stores, int domid)
    {
        using var store = stores.Find();
        if (store is null)
        {
            return [];
        }

        var rows = new List<NicStatus>();
        foreach (var name in store.List(string.Create(CultureInfo.InvariantCulture, $"/libxl/{domid}/device/{VifNodes.XenbusName}")))
        {
            if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            {
                continue;
            }

            var address = new DeviceAddress(VifNodes.XenbusName, domid, id);
            long Number(string node) =>
                long.TryParse(store.Read($"{address.Frontend}/{node}"), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= uint.MaxValue ? number : -1;
            rows.Add(new(
                id,
                store.Read($"{address.Libxl}/mac") ?? "00:00:00:00:00:00",
                (int)Math.Clamp(Number("state"), -1, 99),
                Number("event-channel"),
                Number("tx-ring-ref"),
                Number("rx-ring-ref"),
                address.Backend,
                store.Read($"{address.Libxl}/{VifNodes.WayNode}")));
        }

        rows.Sort((a, b) => a.Id.CompareTo(b.Id));
        return rows;
    }
}
