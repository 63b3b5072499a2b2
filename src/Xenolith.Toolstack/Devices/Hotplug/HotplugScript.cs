using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
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
    private const int MaxWords = 2000, MaxPieces = 64;
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

    /// <summary>Starts it; <paramref name="done"/> is called from the loop with null, or with what went wrong and what the script said.</summary>
    /// <param name="loop">The loop.</param>
    /// <param name="run">The run directory, whose store the script is to find.</param>
    /// <param name="milliseconds">How long it may take; after that it is killed with all it started.</param>
    /// <param name="done">Called once.</param>
    public void Start(EventLoop loop, RunDirectory run, int milliseconds, Action<string?> done)
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
                return;
            }
        }

        _ = new Running(this, loop, process, reader, milliseconds, done);
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

    /// <summary>A script on its way.</summary>
    private sealed class Running
    {
        private readonly HotplugScript _script;
        private readonly ProcessHandle _process;
        private readonly SafeFileHandle _reader;
        private readonly EventLoop.Source _output;
        private readonly EventLoop.Source _end;
        private readonly EventLoop.Timer _timer;
        private readonly Action<string?> _done;
        private readonly StringBuilder _said = new();
        private readonly int _milliseconds;
        private bool _late;

        public Running(HotplugScript script, EventLoop loop, ProcessHandle process, SafeFileHandle reader, int milliseconds, Action<string?> done)
        {
            (_script, _process, _reader, _done, _milliseconds) = (script, process, reader, done, milliseconds);
            Descriptors.SetNonBlocking(reader);
            _output = loop.Add(reader, PollEvents.Readable, _ => Listen());
            _end = loop.Add(process.Descriptor, PollEvents.Readable, _ => Ended());
            _timer = loop.After(milliseconds, () =>
            {
                _late = true;
                _process.SignalGroup(ProcessHandle.Kill);
            });
        }

        private void Listen()
        {
            Span<byte> bytes = stackalloc byte[1024];
            // A script that talks faster than it is heard must not keep the loop from its time limit.
            for (var pieces = 0; pieces < MaxPieces; pieces++)
            {
                var count = Descriptors.Read(_reader, bytes);
                if (count == 0)
                {
                    _output.Wanted = PollEvents.None;
                }

                if (count <= 0)
                {
                    return;
                }

                // Its first words name the trouble; a script that goes on and on is not remembered.
                if (_said.Length < MaxWords)
                {
                    _said.Append(Encoding.UTF8.GetString(bytes[..count]));
                }
            }
        }

        private void Ended()
        {
            if (_process.Reap() is not { } end)
            {
                return;
            }

            Listen();
            _output.Remove();
            _end.Remove();
            _timer.Cancelled = true;
            _process.Dispose();
            _reader.Dispose();
            var said = _said.ToString().Trim().ReplaceLineEndings("; ");
            var words = said.Length == 0 ? string.Empty : $": {said}";
            _done(_late ? string.Create(CultureInfo.InvariantCulture, $"the hotplug script {_script.Path} {_script.Command} did not end within {_milliseconds / 1000.0:0.#} s and was killed{words}")
                : end is { ExitCode: 0 } ? null
                : $"the hotplug script {_script.Path} {_script.Command} {end}{words}");
        }
    }
}
