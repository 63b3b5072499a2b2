using System.Text;
using Xenolith.Host;
using Xenolith.Store.Server;
using Xenolith.Toolstack.Monitors;

namespace Xenolith.Toolstack.Devices.Hotplug;

/// <summary>A hotplug script to run, in the way libxl runs one on Linux.</summary>
/// <param name="Path">The script.</param>
/// <param name="Kind">The directory of the backend, which the script finds as XENBUS_TYPE: <c>vif</c>, <c>vbd</c>, <c>vbd3</c>.</param>
/// <param name="Command"><c>online</c> or <c>offline</c> for a vif, <c>add</c> or <c>remove</c> for a disk.</param>
/// <param name="BackendPath">The backend's directory in the store.</param>
/// <param name="Interface">A vif's interface; empty for a disk.</param>
/// <param name="GatewayDevice">The device that traffic is routed through, for vif-route and vif-nat; empty if none was named.</param>
internal sealed record HotplugScript(string Path, string Kind, string Command, string BackendPath, string Interface, string GatewayDevice)
{
    /// <summary>Where scripts named without a directory lie.</summary>
    public const string Directory = "/etc/xen/scripts";

    // What a sockaddr_un can name.
    private const int MaxSocketPath = 107;
    private const string NicKind = "vif";
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>Makes what a vif needs.</summary>
    public static HotplugScript ForNic(string path, string backendPath, string @interface, string gatewayDevice) =>
        new(path, NicKind, "online", backendPath, @interface, gatewayDevice);

    /// <summary>Makes the block device behind a disk.</summary>
    public static HotplugScript ForDisk(string path, DeviceAddress address) => new(path, address.BackendKind, "add", address.Backend, string.Empty, string.Empty);

    /// <summary>The same script for the removal of what this one made.</summary>
    public HotplugScript Undoing => this with { Command = Kind == NicKind ? "offline" : "remove" };

    private IEnumerable<string> Arguments => Kind == NicKind ? [Path, Command, "type_if=vif"] : [Path, Command];

    /// <summary>
    /// Starts it; <paramref name="done"/> is called from the loop with null, or with what went wrong and what the script said. Null if it could not be
    /// started, which <paramref name="done"/> was told.
    /// </summary>
    /// <param name="loop">The loop.</param>
    /// <param name="run">The run directory, whose store the script is to find.</param>
    /// <param name="milliseconds">How long it may take; after that it is killed with all it started.</param>
    /// <param name="done">Called once.</param>
    public RunningScript? Start(EventLoop loop, RunDirectory run, int milliseconds, Action<string?> done)
    {
        ProcessHandle process;
        var (reader, writer) = Descriptors.Pipe();
        using var store = StoreLocation.OpenSocket(run);
        using (writer)
        {
            try
            {
                process = ChildProcess.Spawn(new()
                {
                    Program = Path,
                    Arguments = [.. Arguments],
                    Output = writer,
                    Descriptors = [store.Handle],
                    Environment = Variables(run, store.Path),
                });
            }
            catch (HostException e)
            {
                reader.Dispose();
                done($"the hotplug script {Path} could not be run: {e.Reason} (is it executable, with an interpreter in its first line?)");
                return null;
            }
        }

        return new(this, loop, process, reader, milliseconds, done);
    }

    /// <summary>What the script finds in its environment.</summary>
    /// <param name="run">The run directory.</param>
    /// <param name="store">The directory of the store's socket, which the script also has as descriptor 3.</param>
    internal Dictionary<string, string> Variables(RunDirectory run, string store)
    {
        var socket = $"{store}/{StoreLocation.SocketName}";
        var programs = System.IO.Path.GetDirectoryName(Environment.ProcessPath) ?? "/usr/bin";
        var path = Environment.GetEnvironmentVariable("PATH") is { Length: > 0 } own ? own : DefaultPath;
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["script"] = Path,
            ["XENBUS_TYPE"] = Kind,
            ["XENBUS_PATH"] = BackendPath,
            ["XENBUS_BASE_PATH"] = "backend",
            // xenstore-read and its kin reach our store, whosever they are: Xen's own by the first variable, ours by the second.
            ["XENSTORED_PATH"] = Encoding.UTF8.GetByteCount(socket) <= MaxSocketPath ? socket : $"/proc/self/fd/3/{StoreLocation.SocketName}",
            [RunDirectory.Variable] = run.Path,
            ["PATH"] = $"{path}:{programs}",
        };
        if (Kind == NicKind)
        {
            variables["vif"] = Interface;
            variables["netdev"] = GatewayDevice;
        }

        return variables;
    }
}
