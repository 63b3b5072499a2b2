using System.Collections.Immutable;
using Xenolith.Config;
using Xenolith.Config.Disks;

namespace Xenolith.Toolstack.Devices.Disks;

/// <summary>Virtual block devices: the disks of a configuration.</summary>
internal sealed class VbdKind : IDeviceKind
{
    /// <summary>The xenbus name.</summary>
    public const string KindName = "vbd";

    /// <inheritdoc/>
    public string Name => KindName;

    /// <inheritdoc/>
    public IEnumerable<Device> Of(DomainConfig config, IReadOnlyCollection<int> taken) => config.Disks.Select(disk => new VbdDevice(disk, NumberOf(disk)));

    /// <inheritdoc/>
    public DomainConfig With(DomainConfig config, Device device) => config with { Disks = Others(config, device).Add(((VbdDevice)device).Config) };

    /// <inheritdoc/>
    public DomainConfig Without(DomainConfig config, Device device) => config with { Disks = Others(config, device) };

    /// <summary>The device number that a disk's name means.</summary>
    /// <exception cref="ToolstackException">It means none.</exception>
    public static int NumberOf(DiskConfig disk) => DeviceName.TryNumber(disk.VirtualDevice, out var number)
        ? number
        : throw new ToolstackException($"{DiskTrouble.Begin(disk)}`{disk.VirtualDevice}' is no name of a disk. Use xvda, sda1, hda, d0p1 or a number.", ToolstackException.CreationFailed);

    private static ImmutableArray<DiskConfig> Others(DomainConfig config, Device device) =>
        config.Disks.RemoveAll(disk => DeviceName.TryNumber(disk.VirtualDevice, out var number) && number == device.Id);
}
