using Microsoft.Win32.SafeHandles;
using Xenolith.Devices.Net.Switch;
using Xenolith.Host;

namespace Xenolith.Devices.Net.Uplink;

/// <summary>
/// Where the uplinks of a host's switches are spoken to: a directory with one socket a switch. Thread ownership: any thread; it may wait a moment
/// for another one.
/// </summary>
public static class UplinkDirectory
{
    private const string Parent = "uplink", LockName = "lock";

    /// <summary>
    /// Takes an uplink's place: descriptors for its process, the switch port's two and the socket on which it is spoken to. Null if a living one has it.
    /// </summary>
    /// <param name="root">The host's run directory.</param>
    /// <param name="network">The switch.</param>
    public static IReadOnlyList<SafeFileHandle>? Claim(DirectoryHandle root, string network)
    {
        ArgumentNullException.ThrowIfNull(root);
        using var directory = root.Create(Parent, 0x1C0);
        using var hold = FileLock.Take(directory, LockName);
        using (var living = Reach(directory, network))
        {
            if (living is not null)
            {
                return null;
            }
        }

        var port = SwitchDirectory.Join(root, network, SwitchUplink.PortName);
        try
        {
            return [.. port, UnixSockets.Listen(directory, network, UnixSocketKind.Messages)];
        }
        catch
        {
            foreach (var descriptor in port)
            {
                descriptor.Dispose();
            }

            throw;
        }
    }

    /// <summary>A connection to a switch's uplink, non-blocking; null if none lives.</summary>
    public static SafeFileHandle? Connect(DirectoryHandle root, string network)
    {
        ArgumentNullException.ThrowIfNull(root);
        using var directory = root.Create(Parent, 0x1C0);
        using var hold = FileLock.Take(directory, LockName);
        return Reach(directory, network);
    }

    private static SafeFileHandle? Reach(DirectoryHandle directory, string network) => UnixSockets.Connect(directory, network, UnixSocketKind.Messages, wait: false);
}
