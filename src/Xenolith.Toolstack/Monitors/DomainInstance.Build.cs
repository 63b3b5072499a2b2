using System.Runtime.InteropServices;
using System.Text;
using Xenolith.Config;
using Xenolith.Config.Json;
using Xenolith.Host;
using Xenolith.Toolstack.Consoles;
using Xenolith.Toolstack.Control;
using Xenolith.Toolstack.Devices;
using Xenolith.Toolstack.Domains;
using Xenolith.Toolstack.Hosts;
using Xenolith.Toolstack.Loaders;
using Xenolith.Toolstack.Networks;
using Xenolith.Toolstack.Resources;

namespace Xenolith.Toolstack.Monitors;

/// <summary>How a domain comes to be, from the claim of its id and name to devices that wait for their frontends.</summary>
internal sealed partial class DomainInstance
{
    private void Build(Func<bool> abandoned, Action<DomainInstance, Message, Action<Message>> serve)
    {
        using var named = Config.Bootloader is null ? BootFiles.Open(_context, Config) : null;
        Config = MacAddresses.Complete(Config);
        Claim();
        Record = _claim!.Record;
        _control = new(_context.Loop, Directory, (request, answer) => serve(this, request, answer));
        _context.Log.Begin(_context.State, _context.Settings, Config.Name);
        using var found = named is null ? FindOnDisk(abandoned) : null;
        var files = named ?? found!;
        var log = _context.Settings.ConsoleLog
            ? new RotatingLog(HostLogs.ConsoleLogOf(_context.State.Run, Config.Name), _context.Settings.ConsoleLogKib * 1024, _context.Settings.ConsoleLogCount)
            : null;
        _console = new(_context.Loop, Directory, log);
        var (ours, theirs) = UnixSockets.Pair(UnixSocketKind.Stream);
        using (theirs)
        {
            _console.ConnectGuest(ours);
            Descriptors.SetNonBlocking(theirs);
            _child = DomainChild.Start(_context.Loop, _context.Program, Config.Name, _context.Log.Output);
            // The process starts while the store is being found: neither needs the other yet.
            _hasNodes = true;
            using var connection = _store.Do(s => s.ConnectDomain(Record.Domid));
            var rings = Construct(theirs, connection, files, abandoned);
            _processors = new(this);
            _processors.Begin();
            var start = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;
            _store.Do(s =>
            {
                s.Write(
                [
                    .. Domain0Nodes.Of(_context.Settings, HostMachine.TotalKib()),
                    .. DomainNodes.Of(Record.Domid, files.In(Config), rings, _console.TerminalPath, start),
                ]);
                s.Introduce(Record.Domid, rings.StoreMfn, rings.StorePort);
            });
        }

        AddDevices(abandoned);
        _child.Ended = Ended;
    }

    private BootFiles FindOnDisk(Func<bool> abandoned)
    {
        // The script of a disk has nodes of the domain's before there is a domain.
        _hasNodes = Config.Disks.Any(d => d.HasOwnScript);
        try
        {
            return LoaderRun.Find(_context, Config, _store, Record.Domid, () => _unwanted || abandoned());
        }
        catch (ToolstackException) when (_unwanted)
        {
            throw Abandoned();
        }
    }

    private void AddDevices(Func<bool> abandoned)
    {
        var finished = false;
        string? failure = null;
        _devices = new(_context, _store, Record.Domid, _child!, () => Config, changed =>
        {
            Config = changed;
            TryWriteConfig();
        });
        _devices.Add(Config, (_, error) => (finished, failure) = (true, error));
        _context.Loop.RunUntil(() => finished || _unwanted || abandoned(), int.MaxValue);
        if (!finished || _unwanted)
        {
            throw Abandoned();
        }

        if (failure is not null)
        {
            throw new ToolstackException(failure, ToolstackException.CreationFailed);
        }
    }

    private ToolstackException Abandoned()
    {
        var why = _unwanted ? "it was destroyed before it was built" : "xl create was ended before it was done";
        return new($"the creation of domain {Config.Name} was abandoned: {why}.", ToolstackException.CreationFailed);
    }

    private void Claim()
    {
        using var held = _context.State.Lock();
        var now = Environment.TickCount64;
        _context.State.Sweep(held, now, dead => StaleDomains.Remove(_context.State, _context.Stores, dead));
        var maximum = Config.EffectiveMaxMemoryKiB;
        if (XenHost.MemoryOf(_context.State, _context.Settings).Refuse(Config.Name, maximum) is { } refusal)
        {
            throw new ToolstackException(refusal, ToolstackException.CreationFailed);
        }

        if (LivingNics.Conflict(_context.State, Config, _context.Settings) is { } conflict)
        {
            throw new ToolstackException(conflict, ToolstackException.CreationFailed);
        }

        _claim = _context.State.Claim(held, now, domid => new()
        {
            Domid = domid,
            Name = Config.Name,
            Uuid = Config.Uuid,
            TargetKib = Config.EffectiveMemoryKiB,
            MemoryKib = Config.EffectiveMemoryKiB,
            LimitKib = maximum,
            MaximumKib = maximum,
            OnlineVcpus = Config.EffectiveVcpus,
            MaximumVcpus = Config.EffectiveMaxVcpus,
            MonitorPid = Environment.ProcessId,
            CreatedAt = DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
        });
        WriteConfig(); // under the same lock: the addresses of its interfaces are claimed with its name
    }

    private DomainRings Construct(SafeHandle console, SafeHandle store, BootFiles files, Func<bool> abandoned)
    {
        Message? built = null;
        var answered = false;
        _child!.Said = Said;
        Update(Record with { DomainPid = _child.Pid });
        var order = new Message(Verbs.Build).With("domid", Record.Domid).With("name", Config.Name).With("config", Encoding.UTF8.GetString(DomainConfigSerializer.Serialize(Wallclock.Resolved(files.In(Config)))));
        SafeHandle[] descriptors = files.Ramdisk is null ? [console, store, _claim!.Life.File, files.Kernel] : [console, store, _claim!.Life.File, files.Kernel, files.Ramdisk];
        _child.Ask(order, descriptors, reply => (built, answered) = (reply, true));
        _context.Loop.RunUntil(() => answered || _unwanted || abandoned(), int.MaxValue);
        if (!answered || _unwanted)
        {
            throw Abandoned();
        }

        switch (built)
        {
            case { Verb: Verbs.Built }:
                Update(Figures(built) with { Phase = DomainPhase.Alive, VcpuThreads = Numbers(built, "threads") });
                return new((ulong)built.Number("store-mfn"), (uint)built.Number("store-port"), (ulong)built.Number("console-mfn"), (uint)built.Number("console-port"));
            case { Verb: Verbs.Failed }:
                throw new ToolstackException(built.Text("text"), ToolstackException.CreationFailed);
            default:
                var end = _child.End is { } known ? $"its process {known}" : "its process does not answer";
                throw new ToolstackException(
                    $"domain {Config.Name} could not be built: {end}. Its words, if any, are in {_context.Log.Where}.", ToolstackException.CreationFailed);
        }
    }
}
