using System.Text;
using Microsoft.Win32.SafeHandles;
using Xenolith.Host;

namespace Xenolith.Devices.Net.Switch;

/// <summary>
/// A user-space switch is a directory: each port listens there under its own name, and holds a connection to every other port, over which it
/// sends frames directly. No process stands between them. Who joins connects to those who are there, under the directory's lock, so that each
/// pair has exactly one connection. Names left by the dead are cleared by the next to join.
/// <para>Thread ownership: any thread; it may wait a moment for another one that joins.</para>
/// </summary>
public static class SwitchDirectory
{
    private const string Parent = "switch", LockName = "lock";

    /// <summary>What a connecting port says first: the protocol's name and version, then its own name.</summary>
    internal static ReadOnlySpan<byte> Greeting => "xenolith-switch-1 "u8;

    /// <summary>The longest name of a port.</summary>
    internal const int LongestName = 64;

    /// <summary>Joins a switch.</summary>
    /// <param name="root">The host's run directory.</param>
    /// <param name="network">The switch's name: the configuration's <c>bridge=</c>.</param>
    /// <param name="port">The port's name, unique in the host: <c>vif5.0</c>.</param>
    /// <returns>Descriptors for <see cref="SwitchPort"/>: the listening socket, and the connections to those who were there.</returns>
    public static IReadOnlyList<SafeFileHandle> Join(DirectoryHandle root, string network, string port)
    {
        ArgumentNullException.ThrowIfNull(root);
        CheckName(network);
        CheckName(port);
        using var all = root.Create(Parent, 0x1C0);
        using var directory = all.Create(network, 0x1C0);
        using var hold = FileLock.Take(directory, LockName);
        var (feed, ours) = UnixSockets.Pair(UnixSocketKind.Messages);
        using (ours)
        {
            byte[] greeting = [.. Greeting, .. Encoding.UTF8.GetBytes(port)];
            foreach (var name in directory.Names().ToList())
            {
                if (name != LockName && name != port)
                {
                    Connect(directory, name, greeting, ours);
                }
            }
        }

        try
        {
            return [UnixSockets.Listen(directory, port, UnixSocketKind.Messages), feed];
        }
        catch
        {
            feed.Dispose();
            throw;
        }
    }

    /// <summary>Takes a port's name away after its process closed it; nothing happens if there is none.</summary>
    public static void Leave(DirectoryHandle root, string network, string port)
    {
        ArgumentNullException.ThrowIfNull(root);
        using var all = root.TryOpen(Parent);
        using var directory = all?.TryOpen(network);
        if (directory is not null)
        {
            using var hold = FileLock.Take(directory, LockName);
            directory.Delete(port);
        }
    }

    /// <summary>The ports of a switch, the living and those not cleared yet.</summary>
    public static IReadOnlyList<string> Ports(DirectoryHandle root, string network)
    {
        ArgumentNullException.ThrowIfNull(root);
        using var all = root.TryOpen(Parent);
        using var directory = all?.TryOpen(network);
        return directory is null ? [] : [.. directory.Names().Where(n => n != LockName)];
    }

    private static void Connect(DirectoryHandle directory, string name, byte[] greeting, SafeFileHandle feed)
    {
        try
        {
            using var connection = UnixSockets.Connect(directory, name, UnixSocketKind.Messages, wait: false);
            if (connection is null)
            {
                directory.Delete(name);
            }
            else if (MessageSocket.Send(connection, greeting, wait: false))
            {
                MessageSocket.Send(feed, Encoding.UTF8.GetBytes(name), [connection], wait: false);
            }
        }
        catch (HostException e) when (e.Errno is Errno.EAGAIN or Errno.EPIPE)
        {
            // A port that takes no connections is stuck or just ending: the others must not wait for it.
            return;
        }
    }

    private static void CheckName(string name)
    {
        if (name.Length is 0 or > LongestName || name[0] == '.' || name.Contains('/', StringComparison.Ordinal) || name == LockName)
        {
            throw new ArgumentException($"'{name}' cannot name a switch or a port: up to {LongestName} characters, no '/', no '.' at its start");
        }
    }
}
