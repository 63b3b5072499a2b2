using Xenolith.Config;
using Xenolith.Toolstack.Networks;

namespace Xenolith.Toolstack.Devices.Nics;

/// <summary>Network interfaces: <c>vif = [ ... ]</c>.</summary>
internal sealed class VifKind : IDeviceKind
{
    /// <inheritdoc/>
    public string Name => VifNodes.XenbusName;

    /// <inheritdoc/>
    public IEnumerable<Device> Of(DomainConfig config, IReadOnlyCollection<int> taken)
    {
        ArgumentNullException.ThrowIfNull(config);
        var used = taken.ToHashSet();
        foreach (var nic in MacAddresses.Complete(config).Nics)
        {
            var number = nic.DeviceId;
            if (number < 0)
            {
                number = 0;
                while (used.Contains(number))
                {
                    number++;
                }
            }

            used.Add(number);
            yield return new VifDevice(nic with { DeviceId = number });
        }
    }

    /// <inheritdoc/>
    public DomainConfig With(DomainConfig config, Device device)
    {
        var rest = Without(config, device);
        return rest with { Nics = rest.Nics.Add(((VifDevice)device).Nic) };
    }

    /// <inheritdoc/>
    public DomainConfig Without(DomainConfig config, Device device)
    {
        ArgumentNullException.ThrowIfNull(config);
        return config with { Nics = config.Nics.RemoveAll(nic => nic.DeviceId == device.Id) };
    }
}
