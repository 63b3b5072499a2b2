using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Xenolith.Config.Nics;
using Xenolith.Devices.Net.Ports;
using Xenolith.Devices.Net.Switch;
using Xenolith.Host;
using Xenolith.Host.Network;
using Xenolith.Toolstack.Monitors;
using Xenolith.Toolstack.Networks;

namespace Xenolith.Toolstack.Devices.Nics;

/// <summary>
/// What a vif's way out consists of on the host, opened: TAP queues, a port of a switch, or a passt process with the other end of its socket.
/// Thread ownership: the monitor's thread.
/// </summary>
internal sealed class VifLink : IDisposable
{
    // passt drops what its socket does not take, and sends it again only after two seconds: a guest's whole TCP window has to fit.
    private const int PasstBuffer = 8 << 20;

    private readonly ProcessHandle? _helper;
    private readonly Action? _leave;
    private bool _disposed;

    private VifLink(PortKind port, IReadOnlyList<SafeFileHandle> descriptors, ProcessHandle? helper = null, Action? leave = null)
    {
        Port = port;
        Descriptors = descriptors;
        _helper = helper;
        _leave = leave;
    }

    /// <summary>What the domain process makes of the descriptors.</summary>
    public PortKind Port { get; }

    /// <summary>What goes to the domain process.</summary>
    public IReadOnlyList<SafeFileHandle> Descriptors { get; }

    /// <summary>Opens a way.</summary>
    /// <param name="way">The way.</param>
    /// <param name="nic">The interface.</param>
    /// <param name="domid">Its domain.</param>
    /// <param name="queues">Queues at most.</param>
    /// <param name="context">The monitor.</param>
    /// <exception cref="HostException">The kernel refuses.</exception>
    public static VifLink Open(NetworkWay way, NicConfig nic, int domid, int queues, MonitorContext context)
    {
        switch (way.Kind)
        {
            case WayKind.Switch:
                var port = string.Create(CultureInfo.InvariantCulture, $"vif{domid}.{nic.DeviceId}");
                var root = context.State.Run.Root;
                var joined = SwitchDirectory.Join(root, way.Network, port);
                return new(PortKind.Switch, joined, leave: () => SwitchDirectory.Leave(root, way.Network, port));
            case WayKind.Passt:
                var (ours, theirs) = UnixSockets.Pair(UnixSocketKind.Stream);
                using (theirs)
                {
                    UnixSockets.SetSendBuffer(theirs, PasstBuffer);
                    var passt = ChildProcess.Spawn(new()
                    {
                        Program = way.Passt!,
                        Arguments = PasstArguments.Of(3, nic.Mtu ?? VifNodes.DefaultMtu, Specs(nic, udp: false), Specs(nic, udp: true)),
                        Descriptors = [theirs],
                        Output = context.Log.Output,
                    });
                    return new(PortKind.Passt, [ours], passt);
                }

            default:
                var tap = TapDevice.Open(way.Interface, queues);
                return new(PortKind.Tap, tap.Queues);
        }
    }

    /// <summary>The process behind the link; null if there is none.</summary>
    public ProcessHandle? Helper => _helper;

    /// <summary>The descriptors were sent: our copies would keep the link alive after the domain process closed its own.</summary>
    public void Sent()
    {
        foreach (var descriptor in Descriptors)
        {
            descriptor.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
        {
            return; // a passt that could not be started again leaves its link closed, and the device closes it once more
        }

        _disposed = true;
        Sent();
        _leave?.Invoke();
        if (_helper is not null)
        {
            // passt ends with its socket; this is for one that hangs.
            _helper.Signal(ProcessHandle.Terminate);
            _helper.Dispose();
        }
    }

    private static IEnumerable<string> Specs(NicConfig nic, bool udp) =>
        nic.Forwards.Where(forward => forward.Udp == udp).Select(forward => (forward with { Udp = false }).ToString());
}
