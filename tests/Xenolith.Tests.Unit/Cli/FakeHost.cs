using Xenolith.Cli.Domains;
using Xenolith.Config;
using Xenolith.Config.Disks;
using Xenolith.Toolstack;
using Xenolith.Toolstack.Devices;
using Xenolith.Toolstack.Devices.Disks;
using Xenolith.Toolstack.Devices.Nics;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Tests.Unit.Cli;

/// <summary>A host in memory that remembers what was asked of it.</summary>
internal sealed class FakeHost : IDomainHost
{
    public List<DomainSummary> Domains { get; } = [];

    public Dictionary<int, VcpuRow[]> VcpuRows { get; } = [];

    public Dictionary<int, DomainConfig> Configs { get; } = [];

    public List<string> Asked { get; } = [];

    public List<(string Name, string Value)> FactRows { get; } = [];

    public List<(string Name, string Value)> CounterRows { get; } = [("exits", "7")];

    public HashSet<int> Deaf { get; } = [];

    public IResourceControl Resources => field ??= new FakeResources(Asked);

    public IReadOnlyList<DomainSummary> List() => Domains;

    public DomainSummary Find(string nameOrId) =>
        Domains.Find(domain => int.TryParse(nameOrId, out var id) ? domain.Domid == id : domain.Name == nameOrId)
        ?? throw new ToolstackException($"{nameOrId} is an invalid domain identifier");

    public IReadOnlyList<VcpuRow> Vcpus(DomainSummary domain) => VcpuRows.GetValueOrDefault(domain.Domid) ?? [];

    public DomainConfig? ConfigOf(int domid) => Configs.GetValueOrDefault(domid);

    public void Create(DomainConfig config, CreateOptions options, bool attachConsole) =>
        Asked.Add($"create {config.Name} paused={options.Paused} F={options.Foreground} e={options.NoMonitor} c={attachConsole}");

    public bool Console(int domid, bool replay, byte? leaveKey)
    {
        Asked.Add($"console {domid} {replay}{(leaveKey is { } key ? $" {key}" : "")}");
        return false;
    }

    public void Pause(int domid) => Asked.Add($"pause {domid}");

    public void Unpause(int domid) => Asked.Add($"unpause {domid}");

    public void Destroy(int domid) => Asked.Add($"destroy {domid}");

    public void DumpCore(int domid, string path) => Asked.Add($"dump-core {domid} {path}");

    public void Rename(int domid, string name) => Asked.Add($"rename {domid} {name}");

    public Dictionary<int, NicStatus[]> NicRows { get; } = [];

    public IReadOnlyList<string> Attach(int domid, DomainConfig devices)
    {
        Asked.AddRange(devices.Disks.Select(disk => $"attach {domid} vbd {disk.VirtualDevice} {disk.Target} {(disk.Writable ? "w" : "r")}"));
        Asked.AddRange(devices.Nics.Select(nic => $"attach {domid} vif devid={nic.DeviceId} mac={nic.Mac} bridge={nic.Bridge}"));
        return ["a remark"];
    }

    public void Detach(int domid, string kind, int id, DetachPatience patience) => Asked.Add($"detach {domid} {kind} {id} {patience}");

    public IReadOnlyList<NicStatus> Nics(int domid) => NicRows.GetValueOrDefault(domid) ?? [];

    public Dictionary<int, DiskStatus[]> DiskRows { get; } = [];

    public IReadOnlyList<DiskStatus> Disks(int domid) => DiskRows.GetValueOrDefault(domid) ?? [];

    public void ChangeMedium(int domid, DiskConfig medium) => Asked.Add($"medium {domid} {medium.VirtualDevice} {medium.Format} {medium.Target}");

    public void RequestShutdown(int domid, string request)
    {
        if (Deaf.Contains(domid))
            throw new ToolstackException($"domain {domid} does not listen");
        Asked.Add($"{request} {domid}");
    }

    public void Sysrq(int domid, char letter) => Asked.Add($"sysrq {domid} {letter}");

    public IReadOnlyList<(string Name, string Value)> Counters(int domid) => CounterRows;

    public IDomainWatch Watch(int domid)
    {
        Asked.Add($"watch {domid}");
        return new FakeWatch();
    }

    public IReadOnlyList<(string Name, string Value)> Facts() => FactRows;

    public IReadOnlyList<(string Name, string Value)> StoreQuotas(int? domid) => [("nodes", "1000")];

    public void SetStoreQuota(int? domid, string name, long value) => Asked.Add($"quota {domid} {name} {value}");

    public string Log(bool clear) => "(XEN) hello\n";

    private sealed class FakeWatch : IDomainWatch
    {
        public DomainEnd Next(bool death) => new(0, death);

        public void Dispose()
        {
        }
    }
}
