using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Xenolith.Config;
using Xenolith.Config.Json;
using Xenolith.Host;
using Xenolith.Toolstack.Consoles;
using Xenolith.Toolstack.Control;
using Xenolith.Toolstack.Devices;
using Xenolith.Toolstack.Hosts;
using Xenolith.Toolstack.Resources;

namespace Xenolith.Toolstack.Monitors;

/// <summary>
/// One domain of a monitor, from the claim of its id to the last trace of it: files, console, store nodes, process. Either everything of it
/// exists, or <see cref="Dispose"/> has removed it.
/// <para>Thread ownership: the monitor's thread.</para>
/// </summary>
internal sealed partial class DomainInstance : IDisposable
{
    private readonly MonitorContext _context;
    private readonly StoreKeeper _store;
    private readonly List<Action<Message>> _waiters = [];
    private ClaimedDomain? _claim;
    private ConsoleHub? _console;
    private DomainChild? _child;
    private ControlServer? _control;
    private DomainDevices? _devices;
    private DomainProcessors? _processors;
    private bool _hasNodes;
    private bool _unwanted;
    private bool _removed;

    private DomainInstance(MonitorContext context, StoreKeeper store, DomainConfig config)
    {
        _context = context;
        _store = store;
        Config = config;
        Record = null!;
    }

    /// <summary>Its configuration as it is now.</summary>
    public DomainConfig Config { get; private set; }

    /// <summary>Its state as last written.</summary>
    public DomainRecord Record { get; private set; }

    /// <summary>What its next restart is made from, if that was changed (xl config-update); null for <see cref="Config"/>.</summary>
    public DomainConfig? NextConfig { get; set; }

    /// <summary>What is done about its memory.</summary>
    public DomainBalloon Balloon => field ??= new(this, _context);

    /// <summary>What is done about its vCPUs.</summary>
    public DomainProcessors Processors => _processors!;

    /// <summary>Its directory in the run directory.</summary>
    public DirectoryHandle Directory => _claim!.Directory;

    /// <summary>The domain process still holds its memory.</summary>
    public bool HasMemory => _child is { End: null };

    /// <summary>A viewer is attached to its console.</summary>
    public bool HasViewer => _console is { HasViewer: true };

    /// <summary>Called when it has shut down or its process has ended, with the reason and a cause in words.</summary>
    public Action<DomainInstance, int, string?>? ShutDown { get; set; }

    /// <summary>It is whole; before that it can only be waited for or abandoned.</summary>
    public bool IsBuilt { get; private set; }

    /// <summary>Builds a domain, paused. What was made of it is removed again if it fails or is abandoned.</summary>
    /// <param name="context">The monitor.</param>
    /// <param name="store">Its store.</param>
    /// <param name="config">The configuration.</param>
    /// <param name="abandoned">Says that nobody wants the domain any more.</param>
    /// <param name="serve">Serves the control socket, which exists as soon as the name is claimed.</param>
    /// <exception cref="ToolstackException">It cannot be built.</exception>
    public static DomainInstance Build(
        MonitorContext context, StoreKeeper store, DomainConfig config, Func<bool> abandoned, Action<DomainInstance, Message, Action<Message>> serve)
    {
        var instance = new DomainInstance(context, store, config);
        try
        {
            instance.Build(abandoned, serve);
            instance.IsBuilt = true;
            return instance;
        }
        catch (Exception e)
        {
            instance.Dispose();
            if (e is HostException or StoreLostException or IOException or UnauthorizedAccessException)
            {
                throw new ToolstackException($"cannot create domain {config.Name}: {e.Message}.{HostTrouble.NextStep(e)}", ToolstackException.CreationFailed, e);
            }

            throw;
        }
    }

    /// <summary>Gives up building it.</summary>
    public void Abandon() => _unwanted = true;

    /// <summary>Lets it run.</summary>
    public void Unpause(Action<Message>? done = null)
    {
        _child!.Ask(new Message(Verbs.Unpause), null, reply =>
        {
            if (reply is not null)
            {
                TryUpdate(Record with { Paused = false, VcpuThreads = Numbers(reply, "threads") });
                TryPlace();
            }

            done?.Invoke(reply is null ? Failure() : new Message(Verbs.Done));
        });
    }

    /// <summary>Stops its vCPUs.</summary>
    public void Pause(Action<Message> done)
    {
        _child!.Ask(new Message(Verbs.Pause), null, reply =>
        {
            if (reply is not null)
            {
                TryUpdate(Record with { Paused = true });
            }

            done(reply is null ? Failure() : new Message(Verbs.Done));
        });
    }

    /// <summary>Orders cannot be given to the domain process: it has ended, or is stopped.</summary>
    public bool IsDeaf => _child?.Silence is not null;

    /// <summary>Why an order got no answer: the domain process has ended, or is stopped.</summary>
    public string Unanswered => $"the process of domain {Record.Name} {_child?.Silence ?? "did not answer"}";

    /// <summary>The answer to an order that the domain process did not answer.</summary>
    public Message Failure() => new Message(Verbs.Failed).With("text", Unanswered);

    /// <summary>Gives the domain process an order; null for an answer means that there is none: <see cref="Unanswered"/>.</summary>
    public void Ask(Message order, Action<Message?> answer) => _child!.Ask(order, null, answer);

    /// <summary>The same with descriptors.</summary>
    public void Ask(Message order, IReadOnlyList<SafeHandle> descriptors, Action<Message?> answer) => _child!.Ask(order, descriptors, answer);

    /// <summary>Writes nodes of it to the store.</summary>
    public void Write(IReadOnlyList<StoreNode> nodes) => _store.Do(s => s.Write(nodes));

    /// <summary>Its configuration and state are these from now on.</summary>
    public void Change(DomainConfig config, DomainRecord record)
    {
        if (config != Config)
        {
            Config = config;
            WriteConfig();
        }

        Update(record);
    }

    /// <summary>Asks the domain process for its counters.</summary>
    public void Counters(Action<Message> done) => _child!.Ask(new Message(Verbs.Counters), null, reply => done(reply ?? Failure()));

    /// <summary>Serves an order about its devices.</summary>
    public void ServeDevices(Message request, Action<Message> answer) => _devices!.Serve(request, answer);

    /// <summary>It is kept without its devices, which its successor gets.</summary>
    public void ReleaseDevices() => _devices!.Release();

    /// <summary>Tells of its shutdown (at once if it has shut down) and, in any case, of its end.</summary>
    public void Wait(Action<Message> tell)
    {
        if (Record.ShutdownReason >= 0)
        {
            tell(new Message(Verbs.ShutDown).With("reason", Record.ShutdownReason));
        }

        _waiters.Add(tell);
    }

    /// <summary>Gives it another name, and another UUID if it makes room for its successor. The caller holds the host's lock and has checked the name.</summary>
    public void Rename(string name, Guid uuid)
    {
        var old = Record;
        Config = Config with { Name = name, Uuid = uuid };
        Update(Record with { Name = name, Uuid = uuid });
        WriteConfig();
        var home = $"/local/domain/{Record.Domid}";
        string[] readable = ["n0", $"r{Record.Domid}"];
        var nodes = new List<StoreNode> { new($"{home}/name", name, readable) };
        if (uuid != old.Uuid)
        {
            nodes.Add(new($"{home}/vm", $"/vm/{uuid}", readable));
            nodes.Add(new($"/vm/{uuid}", string.Empty, readable));
            nodes.Add(new($"/vm/{uuid}/uuid", uuid.ToString(), readable));
        }

        nodes.Add(new($"/vm/{uuid}/name", name, readable));
        _store.Do(s => s.Write(nodes));
    }

    /// <summary>The store was restarted: the domain process gets a new connection.</summary>
    public void RebindStore()
    {
        if (_child is { End: null } && _hasNodes)
        {
            using var connection = _store.Do(s => s.ConnectDomain(Record.Domid));
            _child.Tell(new Message(Verbs.Store), [connection]);
        }
    }

    /// <summary>Ends the process, lets console readers have the rest, and removes every trace.</summary>
    public void Dispose()
    {
        if (_removed)
        {
            return;
        }

        _removed = true;
        ShutDown = null;
        if (_claim is not null)
        {
            TryUpdate(Record with { Phase = DomainPhase.Dying });
        }

        _child?.Kill();
        _devices?.Dispose();
        _console?.Drain(_context.DrainMilliseconds);
        _child?.Dispose();
        _processors?.End();
        if (_hasNodes)
        {
            try
            {
                _store.Do(s => s.RemoveDomain(Record.Domid, Record.Uuid));
            }
            catch (Exception e) when (StoreTrouble.Is(e))
            {
                _context.Log.Write($"The store nodes of domain {Record.Domid} could not be removed: {e.Message}. They go with the next domain of this id.");
            }
        }

        if (_claim is not null)
        {
            _context.State.Release(_claim with { Record = Record }, Environment.TickCount64);
        }

        _console?.Dispose();
        Tell(new Message(Verbs.Destroyed));
        // The control socket outlives the domain until its end was told to those who wait for it.
        _control?.Dispose();
    }

    private static int[] Numbers(Message message, string field) =>
        [.. message.Text(field).Split(',', StringSplitOptions.RemoveEmptyEntries).Select(t =>
            int.TryParse(t, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw new InvalidDataException($"{field} holds \"{t}\", which is no number"))];

    private void Said(Message message)
    {
        if (message.Verb == Verbs.Log)
        {
            _context.Dmesg.Write(message.Flag("bare") ? message.Text("text") : $"d{Record.Domid} {message.Text("text")}");
        }
        else if (message.Verb == Verbs.Changed)
        {
            TryUpdate(Figures(message));
        }
        else if (message.Verb is Verbs.DeviceFailed or Verbs.DeviceSaid)
        {
            _devices?.Hear(message);
        }
        else if (Record.ShutdownReason < 0)
        {
            EndOfLife((int)message.Number("reason", LifecyclePolicy.Crash), message.Text("cause") is { Length: > 0 } cause ? cause : null);
        }
    }

    /// <summary>The state with the guest's figures as its process tells them.</summary>
    private DomainRecord Figures(Message message)
    {
        var online = Numbers(message, "online");
        return Record with { MemoryKib = message.Number("memory", Record.MemoryKib), OnlineVcpus = online.Length, OnlineSet = string.Join(',', online) };
    }

    private void TryPlace()
    {
        try
        {
            Processors.Place();
        }
        catch (Exception e) when (StoreTrouble.Is(e))
        {
            _context.Log.Write($"Domain {Record.Domid}: {e.Message}");
        }
    }

    private void Ended(ProcessEnd end)
    {
        if (Record.ShutdownReason < 0)
        {
            _context.Dmesg.Write($"d{Record.Domid} its process {end}");
            EndOfLife(LifecyclePolicy.Crash, $"its process {end}");
        }
        else
        {
            // A domain that was kept has lost its memory: nothing is left to keep.
            ShutDown?.Invoke(this, -1, $"its process {end}");
        }
    }

    private void EndOfLife(int reason, string? cause)
    {
        var cpu = Record.VcpuThreads.Sum(t => ThreadTimes.Of(Record.DomainPid, t)?.Nanoseconds ?? 0);
        TryUpdate(Record with { Phase = DomainPhase.ShutDown, ShutdownReason = reason, CpuNanoseconds = cpu });
        try
        {
            _store.Do(s => s.DomainShutDown(Record.Domid));
        }
        catch (Exception e) when (StoreTrouble.Is(e))
        {
            _context.Log.Write($"The store did not learn of the shutdown of domain {Record.Domid}: {e.Message}");
        }

        Tell(new Message(Verbs.ShutDown).With("reason", reason).With("cause", cause ?? string.Empty), keep: true);
        ShutDown?.Invoke(this, reason, cause);
    }

    private void Tell(Message message, bool keep = false)
    {
        var waiters = _waiters.ToArray();
        if (!keep)
        {
            _waiters.Clear();
        }

        Array.ForEach(waiters, w => w(message));
    }

    private void WriteConfig() => _context.State.WriteText(Directory, HostState.ConfigFile, Encoding.UTF8.GetString(DomainConfigSerializer.Serialize(Config)));

    /// <summary>The same for a domain that runs, which a full disk must not end; its next restart is made from what is in memory.</summary>
    private void TryWriteConfig()
    {
        try
        {
            WriteConfig();
        }
        catch (HostException e)
        {
            _context.Log.Write($"The configuration of domain {Record.Domid} could not be written: {e.Message}");
        }
    }

    private void Update(DomainRecord record)
    {
        record.Write(Directory);
        Record = record;
    }

    private void TryUpdate(DomainRecord record)
    {
        Record = record;
        try
        {
            record.Write(Directory);
        }
        catch (HostException e)
        {
            _context.Log.Write($"The state of domain {record.Domid} could not be written: {e.Message}");
        }
    }
}
