using System.Globalization;
using Xenolith.Toolstack.Monitors;

namespace Xenolith.Toolstack.Devices.Disks;

/// <summary>A disk as the store shows it now: a row of <c>xl block-list</c>.</summary>
/// <param name="Id">Its device number.</param>
/// <param name="State">The frontend's state.</param>
/// <param name="EventChannel">The frontend's event channel, or -1.</param>
/// <param name="Ring">Grant of its ring, or -1 if it has none, or one of several pages.</param>
/// <param name="BackendPath">The backend's directory in the store.</param>
public sealed record DiskStatus(int Id, int State, long EventChannel, long Ring, string BackendPath)
{
    /// <summary>Reads the disks of a domain; none if no store runs.</summary>
    internal static IReadOnlyList<DiskStatus> Read(IHostStoreFinder stores, int domid)
    {
        using var store = stores.Find();
        if (store is null)
        {
            return [];
        }

        var rows = new List<DiskStatus>();
        foreach (var name in store.List(string.Create(CultureInfo.InvariantCulture, $"/libxl/{domid}/device/{VbdKind.KindName}")))
        {
            if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            {
                continue;
            }

            var address = new DeviceAddress(VbdKind.KindName, domid, id);
            long Number(string node) =>
                long.TryParse(store.Read($"{address.Frontend}/{node}"), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= uint.MaxValue ? number : -1;
            rows.Add(new(id, (int)Math.Clamp(Number("state"), -1, 99), Number("event-channel"), Number("ring-ref"), store.Read($"{address.Libxl}/backend") ?? address.Backend));
        }

        rows.Sort((a, b) => a.Id.CompareTo(b.Id));
        return rows;
    }
}
