using Xenolith.Cli.Domains;
using Xenolith.Config;

namespace Xenolith.Tests.Unit.Cli;

/// <summary>Remembers what was asked of it.</summary>
internal sealed class FakeResources(List<string> asked) : IResourceControl
{
    public void SetMemory(int domid, long kib) => asked.Add($"memory {domid} {kib}");

    public void SetMaximumMemory(int domid, long kib) => asked.Add($"maximum {domid} {kib}");

    public void SetVcpus(int domid, int count) => asked.Add($"vcpus {domid} {count}");

    public void Pin(int domid, int? vcpu, string? hard, string? soft) => asked.Add($"pin {domid} {vcpu?.ToString() ?? "all"} {hard ?? "-"} {soft ?? "-"}");

    public void Schedule(int domid, int? weight, int? cap) => asked.Add($"schedule {domid} {weight?.ToString() ?? "-"} {cap?.ToString() ?? "-"}");

    public void UpdateConfig(int domid, DomainConfig config) => asked.Add($"config {domid} {config.Name}");

    public void RaiseNmi(int domid, int vcpu) => asked.Add($"nmi {domid} {vcpu}");

    public void DebugKeys(string keys) => asked.Add($"keys {keys}");
}
