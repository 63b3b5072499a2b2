using Xenolith.Config;

namespace Xenolith.Toolstack.Devices;

/// <summary>A kind of device: how a domain's configuration names its devices. One row of <see cref="DeviceKinds"/>.</summary>
internal interface IDeviceKind
{
    /// <summary>The xenbus name.</summary>
    string Name { get; }

    /// <summary>The devices of this kind in a configuration, in order.</summary>
    /// <param name="config">A domain's configuration, or one that holds only devices to attach.</param>
    /// <param name="taken">Ids that devices of this kind have already, for kinds that number their devices.</param>
    /// <exception cref="ToolstackException">One of them is impossible.</exception>
    IEnumerable<Device> Of(DomainConfig config, IReadOnlyCollection<int> taken);

    /// <summary>The configuration with a device added, so that a restarted domain has it too.</summary>
    DomainConfig With(DomainConfig config, Device device);

    /// <summary>The configuration without a device.</summary>
    DomainConfig Without(DomainConfig config, Device device);
}
