using System.Text;
using Microsoft.Win32.SafeHandles;
using Xenolith.Config;
using Xenolith.Config.Json;
using Xenolith.Config.Keys;
using Xenolith.Host;
using Xenolith.Store.Client;
using Xenolith.Toolstack.Consoles;
using Xenolith.Toolstack.Control;
using Xenolith.Toolstack.Hosts;
using Xenolith.Toolstack.Monitors;

namespace Xenolith.Toolstack;

/// <summary>
/// A host, as xl uses it: the current user's Domain-0 and its domains. Looking starts nothing; making a domain starts its monitor.
/// Every failure is a <see cref="ToolstackException"/>. Thread ownership: one thread.
/// </summary>
public sealed partial class XenHost : IDisposable
{
    /// <summary>The name of domain 0.</summary>
    public const string Domain0Name = "Domain-0";

    // On a busy machine a monitor may take seconds from the claim of a name to its sockets.
    private const int ClaimMilliseconds = 30_000;

    private readonly HostState _state;
    private readonly ToolstackParts _parts;

    private XenHost(HostState state, ToolstackParts parts)
    {
        _state = state;
        _parts = parts;
        Settings = HostSettings.Load(state.Run.Path);
    }

    /// <summary>The host's settings.</summary>
    public HostSettings Settings { get; }

    /// <summary>Where the host lives.</summary>
    public RunDirectory RunDirectory => _state.Run;

    /// <summary>Opens the current user's host.</summary>
    public static XenHost Open() => Open(DefaultParts.Value);

    /// <summary>All domains that live, Domain-0 first. What dead ones left is removed on the way.</summary>
    public IReadOnlyList<DomainSummary> List() => Guard(() =>
    {
        var living = _state.Living(out var dead);
        if (dead)
        {
            using var held = _state.Lock();
            _state.Sweep(held, Environment.TickCount64, record => StaleDomains.Remove(_state, _parts.Stores(_state.Run), record));
            living = _state.Living(out _);
        }

        var domains = living.ConvertAll(DomainSummary.Of);
        domains.Insert(0, Domain0(domains));
        return (IReadOnlyList<DomainSummary>)domains;
    });

    /// <summary>Domains of other users' hosts that this user may look at (all of them, for root), with their run directories (<c>xl list --all-users</c>).</summary>
    public IReadOnlyList<(string RunDirectory, DomainSummary Domain)> ListOthers() =>
        [.. _state.Run.Others().SelectMany(path => OtherHosts.DomainsOf(path).Select(record => (path, DomainSummary.Of(record))))];

    /// <summary>A domain by name or id; throws if there is none, and says so if it exists on another user's host.</summary>
    public DomainSummary Find(string nameOrId)
    {
        ArgumentNullException.ThrowIfNull(nameOrId);
        return TryFind(nameOrId) ?? throw new ToolstackException(
            OtherHosts.Find(_state.Run, nameOrId) is { } elsewhere
                ? $"{nameOrId} is an invalid domain identifier on this host ({_state.Run.Path}); a domain of that name runs on the host in {elsewhere}. Run xl as its user, or set {RunDirectory.Variable}."
                : $"{nameOrId} is an invalid domain identifier (rc=-6). {Meant(nameOrId)}See the domains there are with: xl list");
    }

    private string Meant(string name) =>
        Misspelling.Nearest(name, List(), domain => domain.Name) is { } near ? $"Did you mean {near.Name}? " : string.Empty;

    /// <summary>A domain by name or id; null if there is none. A name of digits only is an id, as in xl.</summary>
    public DomainSummary? TryFind(string nameOrId)
    {
        var domains = List();
        return int.TryParse(nameOrId, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var domid)
            ? domains.FirstOrDefault(d => d.Domid == domid)
            : domains.FirstOrDefault(d => d.Name == nameOrId);
    }

    /// <summary>The configuration of a domain as it is now; null for Domain-0 and a domain that has just gone.</summary>
    public DomainConfig? ConfigOf(int domid) => Guard(() =>
    {
        using var directory = _state.Open(domid);
        var text = directory is null ? string.Empty : _state.ReadText(directory, HostState.ConfigFile);
        return text.Length == 0 ? null : DomainConfigSerializer.Deserialize(Encoding.UTF8.GetBytes(text));
    });

    /// <summary>The host's memory.</summary>
    public MemoryPromises Memory() => Guard(() => MemoryOf(_state, Settings));

    /// <summary>
    /// Makes a domain and, unless it is to stay paused, lets it run. Returns its id; the domain lives on in its own processes.
    /// </summary>
    /// <param name="config">The configuration.</param>
    /// <param name="options">The options; with <see cref="CreateOptions.Foreground"/> this returns only when the domain has gone.</param>
    /// <param name="attach">Called with the id when the domain exists and does not run yet; for a console.</param>
    public int Create(DomainConfig config, CreateOptions options, Action<int>? attach = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(options);
        return Guard(() =>
        {
            options = options with { AwaitViewer = attach is not null };
            if (!options.Foreground)
            {
                return MonitorLauncher.Launch(_parts.Program, config, options, attach);
            }

            var id = 0;
            MonitorProcess.RunForeground(_parts, _state, config, options, domid =>
            {
                id = domid;
                attach?.Invoke(domid);
            });
            return id;
        });
    }

    /// <summary>Stops a domain's vCPUs.</summary>
    public void Pause(int domid) => Order(domid, new(Verbs.Pause));

    /// <summary>Lets a domain's vCPUs run.</summary>
    public void Unpause(int domid) => Order(domid, new(Verbs.Unpause));

    /// <summary>Removes a domain at once; returns when nothing is left of it.</summary>
    public void Destroy(int domid) => Order(domid, new(Verbs.Destroy));

    /// <summary>Asks a guest to end its life in its own way; returns when it has taken the request.</summary>
    /// <param name="domid">The domain.</param>
    /// <param name="request"><c>poweroff</c>, <c>reboot</c>, <c>halt</c> or <c>suspend</c>.</param>
    public void Shutdown(int domid, string request)
    {
        var domain = List().FirstOrDefault(d => d.Domid == domid && domid != 0) ?? throw Gone(domid);
        if (domain.ShutdownReason is not null)
        {
            throw new ToolstackException($"domain {domain.Name} has shut down already. Remove it with: xl destroy {domain.Name}");
        }

        ShutdownRequest.Send(_state.Run, domid, domain.Name, request, () => List().Any(d => d.Domid == domid));
    }

    /// <summary>Gives a domain another name.</summary>
    public void Rename(int domid, string name)
    {
        if (DomainName.Problem(name) is { } problem)
        {
            throw new ToolstackException($"the domain cannot be renamed: {problem}");
        }

        Order(domid, new Message(Verbs.Rename).With("name", name));
    }

    /// <summary>Writes a domain's core file in Xen's format; returns when it is complete.</summary>
    /// <param name="domid">The domain.</param>
    /// <param name="path">The file; relative to the current directory.</param>
    public void DumpCore(int domid, string path) => Order(domid, new Message(Verbs.DumpCore).With("path", Path.GetFullPath(path)));

    /// <summary>Counters of a domain's engine and machine.</summary>
    public IReadOnlyDictionary<string, string> Counters(int domid) => Order(domid, new(Verbs.Counters)).Fields;

    /// <summary>Begins to watch for a domain's end; dispose it when done.</summary>
    public DomainWait Watch(int domid) => Guard(() => new DomainWait(Connect(domid)));

    /// <summary>Connects to a domain's console.</summary>
    /// <param name="domid">The domain.</param>
    /// <param name="replay">Begin with everything that is still kept, not only with what nobody has seen.</param>
    public ConsoleViewer AttachConsole(int domid, bool replay = false) => Guard(() =>
    {
        using var directory = _state.Open(domid) ?? throw Gone(domid);
        return ConsoleViewer.Attach(Reach(directory, domid, ConsoleProtocol.SocketName, UnixSocketKind.Stream), replay);
    });

    /// <summary>Removes what dead domains left: files, locks, store nodes. Returns what was removed, in words.</summary>
    public IReadOnlyList<string> RemoveLeftovers() => Guard(() =>
    {
        var removed = new List<string>();
        using var held = _state.Lock();
        _state.Sweep(held, Environment.TickCount64, record =>
        {
            StaleDomains.Remove(_state, _parts.Stores(_state.Run), record);
            removed.Add($"domain {record.Domid} ({record.Name}), whose processes are gone");
        });
        try
        {
            removed.AddRange(Leftovers.RemoveNodes(_state.Run, _state.Living(out _)));
        }
        catch (Exception e) when (e is IOException or StoreException)
        {
            throw new ToolstackException($"the store of this host could not be looked through: {e.Message}", ToolstackException.Failed, e);
        }

        return removed;
    });

    /// <summary>The log in which the life of the newest domain of a name is told; null when there is none.</summary>
    public (string Path, string Text)? MonitorLog(string name) => Guard<(string, string)?>(() =>
    {
        var path = HostLogs.MonitorLogOf(_state.Run, name);
        return File.Exists(path) ? (path, File.ReadAllText(path)) : null;
    });

    /// <summary>What the hypervisor had to say (<c>xl dmesg</c>).</summary>
    public string ReadDmesg() => new HypervisorLog(_state.Run).Read();

    /// <summary>Forgets it (<c>xl dmesg -c</c>).</summary>
    public void ClearDmesg() => new HypervisorLog(_state.Run).Clear();

    /// <inheritdoc/>
    public void Dispose() => _state.Dispose();

    /// <summary>Opens the current user's host with given parts.</summary>
    internal static XenHost Open(ToolstackParts parts) => Guard(() => new XenHost(HostState.Open(RunDirectory.Open(), HostMachine.BootId()), parts));

    /// <summary>The memory of a host.</summary>
    internal static MemoryPromises MemoryOf(HostState state, HostSettings settings)
    {
        var total = HostMachine.TotalKib();
        return new(total, settings.Domain0Kib(total), state.Living(out _).Sum(d => d.PromisedKib), HostMachine.AvailableKib());
    }

    private static ToolstackException Gone(int domid) => new($"domain {domid} has gone. See the domains there are with: xl list");

    private static T Guard<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (HostException e)
        {
            throw new ToolstackException(HostTrouble.Explain(e), ToolstackException.Failed, e);
        }
    }

    private DomainSummary Domain0(List<DomainSummary> others)
    {
        var cpus = Settings.Hypervisor.VcpusOn(Environment.ProcessorCount);
        var total = HostMachine.TotalKib();
        var own = Settings.Domain0Kib(total);
        return new()
        {
            Domid = 0,
            Name = Domain0Name,
            Uuid = Guid.Empty,
            MemoryKib = own,
            TargetKib = own,
            LimitKib = own,
            MaximumKib = Settings.Hypervisor.Memory?.Most?.On(total) ?? total,
            Vcpus = cpus,
            OnlineVcpus = [.. Enumerable.Range(0, cpus)],
            HardAffinity = Settings.Hypervisor.PinVcpus ? string.Join(';', Enumerable.Range(0, cpus)) : string.Empty,
            MaximumVcpus = cpus,
            Running = true,
            CreatedAt = HostMachine.BootTime(),
            CpuNanoseconds = Math.Max(0, ThreadTimes.HostBusyNanoseconds() - others.Sum(d => d.CpuNanoseconds)),
        };
    }

    private Message Order(int domid, Message order) => Guard(() =>
    {
        using var channel = Connect(domid);
        if (!channel.TrySend(order) || channel.Receive() is not { } answer)
        {
            // The monitor went while we spoke; for a destroy that is what was wanted.
            return order.Verb == Verbs.Destroy ? new Message(Verbs.Done) : throw Gone(domid);
        }

        return answer.Verb == Verbs.Failed ? throw new ToolstackException(answer.Text("text")) : answer;
    });

    private MessageChannel Connect(int domid)
    {
        if (domid == 0)
        {
            throw new ToolstackException($"{Domain0Name} is this host itself and cannot be ordered about. Name another domain.");
        }

        using var directory = _state.Open(domid) ?? throw Gone(domid);
        return new(Reach(directory, domid, ControlServer.SocketName, UnixSocketKind.Messages));
    }

    // Between the claim of a name and the sockets of its domain lies a moment in which the domain lives and does not answer yet.
    private static SafeFileHandle Reach(DirectoryHandle directory, int domid, string socketName, UnixSocketKind kind)
    {
        for (var until = Environment.TickCount64 + ClaimMilliseconds; ; Thread.Sleep(2))
        {
            if (UnixSockets.Connect(directory, socketName, kind) is { } socket)
            {
                return socket;
            }

            if (!FileLock.IsHeld(directory, HostState.LifeLock))
            {
                throw Gone(domid);
            }

            if (Environment.TickCount64 > until)
            {
                throw new ToolstackException(
                    $"domain {domid} does not answer: its monitor has not begun to listen within {ClaimMilliseconds / 1000} s. See what it does in xl-NAME.log, or end it (kill).");
            }
        }
    }
}
