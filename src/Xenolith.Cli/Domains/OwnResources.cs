using Xenolith.Config;
using Xenolith.Toolstack;

namespace Xenolith.Cli.Domains;

/// <summary>The current user's host behind <see cref="IResourceControl"/>.</summary>
internal sealed class OwnResources(XenHost host) : IResourceControl
{
    public void SetMemory(int domid, long kib) => host.SetMemory(domid, kib);

    public void SetMaximumMemory(int domid, long kib) => host.SetMaximumMemory(domid, kib);

    public void SetVcpus(int domid, int count) => host.SetVcpus(domid, count);

    public void Pin(int domid, int? vcpu, string? hard, string? soft) => host.Pin(domid, vcpu, hard, soft);

    public void Schedule(int domid, int? weight, int? cap) => host.Schedule(domid, weight, cap);

    public void UpdateConfig(int domid, DomainConfig config) => host.UpdateConfig(domid, config);

    public void RaiseNmi(int domid, int vcpu) => host.RaiseNmi(domid, vcpu);

    public void DebugKeys(string keys) => host.SendDebugKeys(keys);
}
