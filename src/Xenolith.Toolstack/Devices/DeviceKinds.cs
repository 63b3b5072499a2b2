using Xenolith.Toolstack.Devices.Disks;
using Xenolith.Toolstack.Devices.Nics;

namespace Xenolith.Toolstack.Devices;

/// <summary>The kinds of devices that a monitor makes, in the order in which they are made.</summary>
internal static class DeviceKinds
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<IDeviceKind> All { get; } = [new VbdKind(), new VifKind()];

    /// <summary>The kind of this name; null if there is none.</summary>
    public static IDeviceKind? Find(string name) => All.FirstOrDefault(k => k.Name == name);
}
