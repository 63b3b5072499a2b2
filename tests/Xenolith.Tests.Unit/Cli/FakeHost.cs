using Xenolith.Cli.Domains;
using Xenolith.Config;
using Xenolith.Toolstack;

namespace Xenolith.Tests.Unit.Cli;

/// <summary>A host in memory that remembers what was asked of it.</summary>
internal sealed class FakeHost : IDomainHost
{
    public List<DomainRow> Domains { get; } = [];

    public Dictionary<int, DomainConfig> Configs { get; } = [];

    public List<string> Asked { get; } = [];

    public List<(string Name, string Value)> FactRows { get; init; } = [];

    public HashSet<int> Deaf { get; } = [];

    public IReadOnlyList<DomainRow> List() => Domains;

    public DomainConfig? ConfigOf(int domid) => Configs.GetValueOrDefault(domid);

    public int Create(DomainConfig config, CreateOptions options)
    {
        Asked.Add($"create {config.Name} paused={options.Paused} F={options.Foreground} e={options.NoMonitor} c={options.AttachConsole}");
        return 0;
    }

    public int Console(int domid, bool replay)
    {
        Asked.Add($"console {domid} {replay}");
        return 0;
    }

    public void Pause(int domid) => Asked.Add($"pause {domid}");

    public void Unpause(int domid) => Asked.Add($"unpause {domid}");

    public void Destroy(int domid) => Asked.Add($"destroy {domid}");

    public void Rename(int domid, string name) => Asked.Add($"rename {domid} {name}");

    public void RequestShutdown(int domid, string request)
    {
        if (Deaf.Contains(domid))
            throw new ToolstackException($"domain {domid} does not listen");
        Asked.Add($"{request} {domid}");
    }

    public DomainEnd Wait(int domid, bool untilGone)
    {
        Asked.Add($"wait {domid} {untilGone}");
        return new DomainEnd(untilGone ? null : 0);
    }

    public HostFacts Facts() => new(FactRows);

    public string Log(bool clear) => "(XEN) hello\n";
}
