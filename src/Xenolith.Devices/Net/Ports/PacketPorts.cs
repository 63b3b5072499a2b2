using Microsoft.Win32.SafeHandles;
using Xenolith.Devices.Net.Switch;

namespace Xenolith.Devices.Net.Ports;

/// <summary>The ways out of a vif.</summary>
public enum PortKind
{
    /// <summary>A TAP of the host; descriptors: one for each queue.</summary>
    Tap,

    /// <summary>The user-space switch; descriptors: those of <see cref="SwitchDirectory.Join"/>.</summary>
    Switch,

    /// <summary>passt; descriptor: our end of the socket that passt was given.</summary>
    Passt,
}

/// <summary>Makes ports in the domain process from descriptors that the monitor opened.</summary>
public static class PacketPorts
{
    /// <summary>Makes a port; the descriptors belong to it from now on.</summary>
    public static IPacketPort Open(PortKind kind, IReadOnlyList<SafeFileHandle> descriptors)
    {
        ArgumentNullException.ThrowIfNull(descriptors);
        return kind switch
        {
            PortKind.Tap => new TapPort(descriptors),
            PortKind.Switch => new SwitchPort(descriptors[0], descriptors[1]),
            PortKind.Passt => new PasstPort(descriptors[0]),
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };
    }
}
