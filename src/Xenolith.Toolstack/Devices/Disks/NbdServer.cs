using System.Text;
using Microsoft.Win32.SafeHandles;
using Xenolith.Config.Disks;
using Xenolith.Host;
using Xenolith.Toolstack.Monitors;

namespace Xenolith.Toolstack.Devices.Disks;

/// <summary>
/// A running NBD server of one disk: started, connected to, watched, and ended with the disk. What it says goes to the monitor's log.
/// <para>Thread ownership: the monitor's thread.</para>
/// </summary>
internal sealed class NbdServer : IDisposable
{
    private const int ConnectMilliseconds = 30_000, RetryMilliseconds = 5, UnaskedMilliseconds = 200, GraceMilliseconds = 10_000;
    private const int RememberedBytes = 2000, MaxPieces = 64;

    private readonly DiskConfig _disk;
    private readonly DeviceSurroundings _around;
    private readonly DirectoryHandle _directory;
    private readonly string _socketName;
    private readonly NbdServerCommand _command;
    private readonly StringBuilder _words = new();
    private readonly long _started = Environment.TickCount64;
    private ProcessHandle? _process;
    private SafeFileHandle? _output;
    private EventLoop.Source? _outputSource, _deathSource, _greeting;
    private EventLoop.Timer? _patience;
    private SafeFileHandle? _ungreeted;
    private Action<SafeFileHandle?, string?>? _connected;
    private bool _disposed, _reaped;

    /// <summary>Makes a server that <see cref="Start"/> starts.</summary>
    public NbdServer(DiskConfig disk, DeviceSurroundings around)
    {
        _disk = disk;
        _around = around;
        _directory = around.Context.State.Open(around.Address.Domid)
            ?? throw new ToolstackException($"{DiskTrouble.Begin(disk)}the domain's directory is gone", ToolstackException.CreationFailed);
        _socketName = $"vbd-{around.Address.Id}";

        // The directory is the server's descriptor 3: a socket's path ends at 107 bytes, a run directory may lie anywhere.
        _command = NbdServerCommand.Of(disk, around.Context.WorkingDirectory, $"/proc/self/fd/3/{_socketName}");
    }

    /// <summary>Called if it ends although nobody asked it to, with how and its last words.</summary>
    public Action<string>? Died { get; set; }

    /// <summary>What it is called, for messages.</summary>
    public string Name => _command.Program;

    /// <summary>Starts it; calls back once with a connection, or with why there is none.</summary>
    public void Start(Action<SafeFileHandle?, string?> connected)
    {
        if (ProgramPath.Find(_command.Program) is not { } program)
        {
            connected(null, $"{DiskTrouble.Begin(_disk)}{_command.Program} serves disks of this kind and is not installed. Install it with: apt install {_command.Package}");
            return;
        }

        _connected = connected;
        var (reader, writer) = Descriptors.Pipe();
        _output = reader;
        Descriptors.SetNonBlocking(reader);
        using (writer)
        {
            _directory.Delete(_socketName);
            _process = ChildProcess.Spawn(new()
            {
                Program = ProgramPath.Find("setpriv") ?? program,
                Arguments = Arguments(program),
                Output = writer,
                Descriptors = [_directory.Handle],
            });
        }

        _outputSource = _around.Context.Loop.Add(reader, PollEvents.Readable, _ => Listen());
        _deathSource = _around.Context.Loop.Add(_process.Descriptor, PollEvents.Readable, _ => Ended());
        Connect();
    }

    /// <summary>Ends it: the connection is closed already, so it ends by itself after writing what it holds; one that does not is killed.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _deathSource?.Remove();
        ForgetUngreeted()?.Dispose();
        if (_process is not null && !_reaped && !_process.HasEnded)
        {
            // qemu-nbd ends with its last client, but not if that one went before it had said anything. Asked to end, it writes first what it holds.
            if (_connected is not null || _command.Program == "nbdkit" || !_process.WaitForEnd(UnaskedMilliseconds))
            {
                _process.Signal(ProcessHandle.Terminate);
            }

            if (!_process.WaitForEnd(GraceMilliseconds))
            {
                _around.Log($"{Name} does not end and is killed; what it had not written yet is lost");
                _process.Signal(ProcessHandle.Kill);
                _process.WaitForEnd(Timeout.Infinite);
            }
        }

        Listen();
        if (!_reaped)
        {
            _process?.Reap();
        }

        _process?.Dispose();
        _outputSource?.Remove();
        _output?.Dispose();
        _directory.Delete(_socketName);
        _directory.Dispose();
    }

    /// <summary>Where setpriv exists (util-linux), the server gets SIGTERM when its monitor dies before the domain process has the connection.</summary>
    private string[] Arguments(string program) =>
        ProgramPath.Find("setpriv") is null ? [_command.Program, .. _command.Arguments] : ["setpriv", "--pdeathsig", "TERM", program, .. _command.Arguments];

    private void Connect()
    {
        if (_connected is null || _disposed)
        {
            return;
        }

        try
        {
            if (UnixSockets.Connect(_directory, _socketName, UnixSocketKind.Stream) is { } socket)
            {
                _ungreeted = socket;
                _greeting = _around.Context.Loop.Add(socket, PollEvents.Readable, Greeted);
                _patience = _around.Context.Loop.After(ConnectMilliseconds, GiveUpLate);
                return;
            }
        }
        catch (HostException e)
        {
            Tell(null, $"{DiskTrouble.Begin(_disk)}{e.Message}");
            return;
        }

        if (Environment.TickCount64 - _started > ConnectMilliseconds)
        {
            GiveUpLate();
            return;
        }

        _around.Context.Loop.After(RetryMilliseconds, Connect);
    }

    /// <summary>
    /// The server speaks first: qemu-nbd listens before it opens its image, so a connection says nothing yet. One that closes it again will end, and its
    /// last words say why.
    /// </summary>
    private void Greeted(PollEvents events)
    {
        var socket = ForgetUngreeted();
        if ((events & (PollEvents.HangUp | PollEvents.Error)) == 0)
        {
            Tell(socket, null);
            return;
        }

        socket?.Dispose();
        _around.Context.Loop.After(RetryMilliseconds, Connect);
    }

    private void GiveUpLate()
    {
        if (_connected is not null && !_disposed)
        {
            ForgetUngreeted()?.Dispose();
            Tell(null, $"{DiskTrouble.Begin(_disk)}{Name} did not begin to serve within {ConnectMilliseconds / 1000} seconds{Words()}. Is the server behind {_disk.Target} reachable?");
        }
    }

    private SafeFileHandle? ForgetUngreeted()
    {
        _greeting?.Remove();
        _greeting = null;
        if (_patience is { } patience)
        {
            patience.Cancelled = true;
        }

        var socket = _ungreeted;
        _ungreeted = null;
        return socket;
    }

    private void Ended()
    {
        _deathSource?.Remove();
        Listen();
        var end = _process?.Reap()?.ToString() ?? "ended";
        _reaped = true;
        ForgetUngreeted()?.Dispose();
        if (_connected is not null)
        {
            Tell(null, $"{DiskTrouble.Begin(_disk)}{Name} refused {_disk.Target}{Words()}. {Advice()}");
        }
        else if (!_disposed)
        {
            Died?.Invoke($"its server {Name} {end}{Words()}");
        }
    }

    private string Advice() => _words.ToString() switch
    {
        var w when w.Contains("Unknown protocol", StringComparison.Ordinal) => "The driver is in another package: apt install qemu-block-extra",
        var w when w.Contains("backing file", StringComparison.Ordinal) => $"See which one it needs with: qemu-img info {_disk.Target}; if it has moved: qemu-img rebase -u -b PATH -F FORMAT {_disk.Target}",
        var w when w.Contains("corrupt", StringComparison.Ordinal) => $"Copy the image, then repair it: qemu-img check -r all {_disk.Target}",
        var w when w.Contains("lock", StringComparison.OrdinalIgnoreCase) => "Another program uses the image; end that first.",
        _ => "Check target and format.",
    };

    private void Tell(SafeFileHandle? socket, string? error)
    {
        var connected = _connected;
        _connected = null;
        connected?.Invoke(socket, error);
    }

    private void Listen()
    {
        Span<byte> piece = stackalloc byte[1024];
        // A server that complains faster than it is heard must not keep the monitor from everything else.
        for (var pieces = 0; pieces < MaxPieces && _output is { IsClosed: false }; pieces++)
        {
            var count = Descriptors.Read(_output, piece);
            if (count == Descriptors.WouldBlock)
            {
                break;
            }

            if (count == 0)
            {
                // Whoever holds no end of it any more may live on; its hang-up would wake the monitor without end.
                _outputSource?.Remove();
                return;
            }

            var text = Encoding.UTF8.GetString(piece[..count]);
            foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                _around.Log($"{Name}: {line}");
            }

            _words.Append(text);
            if (_words.Length > RememberedBytes)
            {
                _words.Remove(0, _words.Length - RememberedBytes);
            }
        }

        if (_reaped || _process?.HasEnded == true)
        {
            _outputSource?.Remove();
        }
    }

    private string Words()
    {
        var lines = _words.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return lines.Length == 0 ? string.Empty : $": {lines[^1]}";
    }
}
