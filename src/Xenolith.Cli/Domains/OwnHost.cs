using Xenolith.Cli.Commands;
using Xenolith.Cli.Xl;
using Xenolith.Config;
using Xenolith.Config.Disks;
using Xenolith.Host;
using Xenolith.Store.Client;
using Xenolith.Store.Server;
using Xenolith.Toolstack;
using Xenolith.Toolstack.Devices;
using Xenolith.Toolstack.Devices.Disks;
using Xenolith.Toolstack.Devices.Nics;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Cli.Domains;

/// <summary>The current user's host behind <see cref="IDomainHost"/>.</summary>
internal sealed class OwnHost(XenHost host) : IDomainHost
{
    /// <summary>SHUTDOWN_crash.</summary>
    private const int ShutdownByCrash = 3;

    /// <summary>Where further directories with configuration files are named, with colons between them.</summary>
    private const string ConfigPathVariable = "XENOLITH_CONFIG_PATH";

    /// <summary>The services of commands that people run.</summary>
    public static Services Services() => new(() => new OwnHost(XenHost.Open()))
    {
        ConfigDirectories = Environment.GetEnvironmentVariable(ConfigPathVariable) is { Length: > 0 } path
            ? path.Split(':', StringSplitOptions.RemoveEmptyEntries)
            : ["/etc/xen", "/usr/pkg/etc/xen"],
    };

    public IReadOnlyList<DomainSummary> List() => host.List();

    public IReadOnlyList<(string RunDirectory, DomainSummary Domain)> ListOthers() => host.ListOthers();

    public IResourceControl Resources { get; } = new OwnResources(host);

    public DomainSummary Find(string nameOrId) => host.Find(nameOrId);

    public DomainConfig? ConfigOf(int domid) => host.ConfigOf(domid);

    public void Pause(int domid) => host.Pause(domid);

    public void Unpause(int domid) => host.Unpause(domid);

    public void Destroy(int domid) => host.Destroy(domid);

    public void DumpCore(int domid, string path) => host.DumpCore(domid, path);

    public void Rename(int domid, string name) => host.Rename(domid, name);

    public IReadOnlyList<string> Attach(int domid, DomainConfig devices) => host.Attach(domid, devices);

    public void Detach(int domid, string kind, int id, DetachPatience patience) => host.Detach(domid, kind, id, patience);

    public IReadOnlyList<NicStatus> Nics(int domid) => host.Nics(domid);

    public IReadOnlyList<DiskStatus> Disks(int domid) => host.Disks(domid);

    public void ChangeMedium(int domid, DiskConfig medium) => host.ChangeMedium(domid, medium);

    public void RequestShutdown(int domid, string request) => host.Shutdown(domid, request);

    public void Sysrq(int domid, char letter)
    {
        try
        {
            using var store = StoreDaemon.TryConnect(host.RunDirectory)
                ?? throw new ToolstackException($"the store of this host does not run; domain {domid} cannot be sent a sysrq");
            store.Write($"/local/domain/{domid}/control/sysrq", letter.ToString());
        }
        catch (StoreException e)
        {
            throw new ToolstackException($"domain {domid} could not be sent a sysrq: {e.Message}", ToolstackException.Failed, e);
        }
    }

    public IReadOnlyList<(string Name, string Value)> Counters(int domid) =>
        [.. host.Counters(domid).OrderBy(counter => counter.Key, StringComparer.Ordinal).Select(counter => (counter.Key, counter.Value))];

    public IDomainWatch Watch(int domid) => new OwnWatch(host.Watch(domid));

    public IReadOnlyList<(string Name, string Value)> Facts() => HostFacts.Read(host.Memory(), host.Settings.Hypervisor.CommandLine);

    public string Log(bool clear)
    {
        var text = host.ReadDmesg();
        if (clear)
            host.ClearDmesg();
        return text;
    }

    public string Place => host.RunDirectory.Path;

    public bool? StoreAnswers() => OwnStore.Answers(host.RunDirectory);

    public IReadOnlyList<string> RemoveLeftovers() => host.RemoveLeftovers();

    public (string Path, string Text)? MonitorLog(string name) => host.MonitorLog(name);

    public IReadOnlyList<(string Name, string Value)> StoreQuotas(int? domid) => OwnStore.Quotas(host.RunDirectory, domid);

    public void SetStoreQuota(int? domid, string name, long value) => OwnStore.SetQuota(host.RunDirectory, domid, name, value);

    public bool Console(int domid, bool replay, byte? leaveKey)
    {
        using var viewer = host.AttachConsole(domid, replay);
        var end = leaveKey is { } key ? viewer.Run(key) : viewer.Run();
        return end == Toolstack.Consoles.ConsoleEnd.Left;
    }

    public void Create(DomainConfig config, CreateOptions options, bool attachConsole)
    {
        if (!attachConsole)
        {
            host.Create(config, options);
            return;
        }

        if (options.Foreground)
        {
            // The monitor has this thread until the domain goes; the console needs one of its own.
            Thread? console = null;
            host.Create(config, options, domid =>
            {
                var attached = host.AttachConsole(domid);
                console = new Thread(() => attached.Run()) { Name = "console" };
                console.Start();
            });
            console?.Join();
            return;
        }

        Toolstack.Consoles.ConsoleViewer? viewer = null;
        DomainWait? end = null;
        host.Create(config, options, domid => (viewer, end) = (host.AttachConsole(domid), host.Watch(domid)));
        using (viewer)
        using (end)
        {
            var left = viewer?.Run();
            if (left == Toolstack.Consoles.ConsoleEnd.Left)
                options.Remark?.Invoke(LifeCommands.LeftConsole(config.Name));
            // A guest that crashes early has said nothing on its console: the cause is the hypervisor's.
            if (left == Toolstack.Consoles.ConsoleEnd.DomainGone && end?.Next(death: false) is { Reason: ShutdownByCrash } crash)
                options.Remark?.Invoke($"domain {config.Name} has crashed: {crash.Cause ?? "its guest said so"}; see xl dmesg");
        }
    }

    public IReadOnlyList<VcpuRow> Vcpus(DomainSummary domain)
    {
        if (domain.Domid == 0)
            return HostCpus.Rows(domain);
        var rows = new List<VcpuRow>();
        for (var number = 0; number < Math.Max(domain.MaximumVcpus, domain.Vcpus); number++)
        {
            var thread = number < domain.VcpuThreads.Count ? domain.VcpuThreads[number] : 0;
            var times = thread == 0 ? null : ThreadTimes.Of(domain.DomainPid, thread);
            rows.Add(new VcpuRow(number, domain.OnlineVcpus.Contains(number), domain.Running && times is { Running: true },
                HostCpus.LastOf(domain.DomainPid, thread), times?.Nanoseconds ?? 0, domain.HardAffinityOf(number), domain.SoftAffinityOf(number)));
        }

        return rows;
    }

    private sealed class OwnWatch(DomainWait wait) : IDomainWatch
    {
        public DomainEnd Next(bool death) => wait.Next(death);

        public void Dispose() => wait.Dispose();
    }
}
