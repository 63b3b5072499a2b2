using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Xenolith.Config;
using Xenolith.Config.Json;
using Xenolith.Host;
using Xenolith.Toolstack.Control;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Toolstack.Monitors;

/// <summary>
/// The life of a process as a monitor: in the background, started by <c>xl create</c>, which it tells over a socket how the creation went; or in
/// the foreground, as <c>xl create -F</c> itself. SIGTERM ends its domains and then it.
/// <para>Thread ownership: everything on the main thread; signals only write a byte into the loop.</para>
/// </summary>
internal sealed class MonitorProcess : IDisposable
{
    /// <summary>The argument that makes this program a monitor.</summary>
    public const string Argument = "domain-monitor";

    private const int ChannelDescriptor = 3;

    private readonly MonitorContext _context;
    private readonly CreateOptions _options;
    private readonly DomainMonitor _monitor;
    private readonly SafeFileHandle _signalled;
    private readonly SafeFileHandle _signalEnd;
    private readonly List<PosixSignalRegistration> _signals = [];
    private bool _terminated;

    private MonitorProcess(ToolstackParts parts, HostState state, CreateOptions options)
    {
        _options = options;
        _context = new()
        {
            Loop = new(),
            State = state,
            Settings = HostSettings.Load(state.Run.Path),
            Stores = parts.Stores(state.Run),
            Log = new(options.Foreground, silent: options.NoMonitor),
            Dmesg = new(state.Run),
            Program = parts.Program,
        };
        _monitor = new(_context, options);
        (_signalled, _signalEnd) = UnixSockets.Pair(UnixSocketKind.Stream);
        _context.Loop.Add(_signalled, PollEvents.Readable, _ =>
        {
            _terminated = true;
            Descriptors.Read(_signalled, new byte[16]);
        });
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP])
        {
            _signals.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                Descriptors.Write(_signalEnd, [1]);
            }));
        }
    }

    /// <summary>The background monitor's whole life.</summary>
    public static int Run(ToolstackParts parts)
    {
        using var launcher = new MessageChannel(Descriptors.Own(ChannelDescriptor));
        if (launcher.Receive() is not { Verb: Verbs.Create } order)
        {
            return ToolstackException.CreationFailed;
        }

        try
        {
            var options = new CreateOptions
            {
                Paused = order.Flag("paused"),
                AwaitViewer = order.Flag("await-viewer"),
                NoMonitor = order.Flag("no-monitor"),
            };
            using var state = HostState.Open(RunDirectory.Open(), HostMachine.BootId());
            using var process = new MonitorProcess(parts, state, options);
            LeaveWorkingDirectory(state.Run);
            var config = DomainConfigSerializer.Deserialize(Encoding.UTF8.GetBytes(order.Text("config")));
            return process.Serve(config, launcher) ? 0 : ToolstackException.CreationFailed;
        }
        catch (ToolstackException e)
        {
            launcher.TrySend(new Message(Verbs.Failed).With("text", e.Message).With("code", e.ExitCode));
            return e.ExitCode;
        }
        catch (HostException e)
        {
            launcher.TrySend(new Message(Verbs.Failed).With("text", HostTrouble.Explain(e)).With("code", ToolstackException.CreationFailed));
            return ToolstackException.CreationFailed;
        }
        catch (Exception e)
        {
            // Before it has a log, a fault of ours can only be told to the launcher; after that, the runtime's own report reaches the log.
            launcher.TrySend(new Message(Verbs.Failed).With("text", $"the monitor failed, which is a fault of Xenolith: {e}").With("code", ToolstackException.CreationFailed));
            throw;
        }
    }

    /// <summary>The foreground monitor's whole life, until the domain is gone.</summary>
    /// <param name="parts">What to make it with.</param>
    /// <param name="state">The host.</param>
    /// <param name="config">The configuration.</param>
    /// <param name="options">The options.</param>
    /// <param name="attach">Called before the domain runs.</param>
    public static void RunForeground(ToolstackParts parts, HostState state, DomainConfig config, CreateOptions options, Action<int>? attach)
    {
        using var process = new MonitorProcess(parts, state, options);
        var domain = process._monitor.Create(config, () => process._terminated);
        attach?.Invoke(domain.Record.Domid);
        if (attach is not null && options.AwaitViewer)
        {
            process._context.Loop.RunUntil(() => domain.HasViewer || process._terminated, int.MaxValue);
        }

        if (!options.Paused)
        {
            domain.Unpause();
        }

        process.RunToTheEnd();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _monitor.Dispose();
        _signals.ForEach(s => s.Dispose());
        _signalled.Dispose();
        _signalEnd.Dispose();
        _context.Log.Dispose();
    }

    private static void LeaveWorkingDirectory(RunDirectory run)
    {
        if (run.IsIsolated)
        {
            // Children find the same place although the working directory is another.
            Environment.SetEnvironmentVariable(RunDirectory.Variable, run.Path);
        }

        Environment.CurrentDirectory = "/";
    }

    private bool Serve(DomainConfig config, MessageChannel launcher)
    {
        var gone = false;
        var wanted = false;
        EventLoop.Source? watch = null;
        watch = _context.Loop.Add(launcher.Socket, PollEvents.Readable, _ =>
        {
            var message = launcher.Receive();
            wanted |= message is { Verb: Verbs.Run };
            if (message is null)
            {
                gone = true;
                watch!.Wanted = PollEvents.None; // its hang-up would wake us without end
            }
        });
        var domain = _monitor.Create(config, () => gone || _terminated);
        if (_options.AwaitViewer)
        {
            launcher.TrySend(new Message(Verbs.Created).With("domid", domain.Record.Domid).With("remarks", _context.TakeRemarks()));
            _context.Loop.RunUntil(() => wanted || gone || _terminated, int.MaxValue);
            if (!wanted)
            {
                return false; // xl create -c was ended before its domain ran: nothing is left of it
            }
        }

        if (!_options.Paused)
        {
            Message? answer = null;
            domain.Unpause(m => answer = m);
            _context.Loop.RunUntil(() => answer is not null, int.MaxValue);
        }

        launcher.TrySend(new Message(_options.AwaitViewer ? Verbs.Done : Verbs.Created).With("domid", domain.Record.Domid).With("remarks", _context.TakeRemarks()));
        watch.Remove();
        launcher.Dispose();
        RunToTheEnd();
        return true;
    }

    private void RunToTheEnd()
    {
        while (_monitor.HasDomains && !_terminated)
        {
            try
            {
                _context.Loop.Turn(Timeout.Infinite);
            }
            catch (Exception e) when (StoreTrouble.Is(e))
            {
                // What one event asked for could not be done (no store, no room); the domain lives, and the next event finds the rest as it is.
                _context.Log.Write($"The monitor could not do what was to be done: {e.Message}");
            }
        }
    }
}
