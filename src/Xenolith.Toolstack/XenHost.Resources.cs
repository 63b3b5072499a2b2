using System.Text;
using Xenolith.Config;
using Xenolith.Config.Json;
using Xenolith.Toolstack.Control;

namespace Xenolith.Toolstack;

/// <summary>What xl may change about the memory and the vCPUs of a domain that is there.</summary>
public sealed partial class XenHost
{
    /// <summary>Lets a guest have another amount of memory (mem-set); its balloon follows in its own time.</summary>
    public void SetMemory(int domid, long kib) => Order(domid, new Message(Verbs.SetMemory).With("target", kib));

    /// <summary>Sets the most memory a guest may be given (mem-max).</summary>
    public void SetMaximumMemory(int domid, long kib) => Order(domid, new Message(Verbs.SetMaximumMemory).With("maximum", kib));

    /// <summary>Asks a guest to have so many vCPUs online (vcpu-set).</summary>
    public void SetVcpus(int domid, int count) => Order(domid, new Message(Verbs.SetVcpus).With("count", count));

    /// <summary>Sets where vCPUs may run (vcpu-pin).</summary>
    /// <param name="domid">The domain.</param>
    /// <param name="vcpu">The vCPU; null for all.</param>
    /// <param name="hard">Host CPUs it may run on, as <c>0-1</c>; null: as before.</param>
    /// <param name="soft">Host CPUs it should run on; null: as before.</param>
    public void Pin(int domid, int? vcpu, string? hard, string? soft) =>
        Order(domid, new Message(Verbs.Pin).With("vcpu", vcpu ?? -1).With("hard", hard ?? string.Empty).With("soft", soft ?? string.Empty));

    /// <summary>Sets share and limit of CPU time (sched-credit2); null: as before.</summary>
    public void Schedule(int domid, int? weight, int? cap)
    {
        var order = new Message(Verbs.Schedule);
        if (weight is { } share)
        {
            order.With("weight", share);
        }

        if (cap is { } limit)
        {
            order.With("cap", limit);
        }

        Order(domid, order);
    }

    /// <summary>Sets what a domain's restarts are made from (config-update).</summary>
    public void UpdateConfig(int domid, DomainConfig config) =>
        Order(domid, new Message(Verbs.UpdateConfig).With("config", Encoding.UTF8.GetString(DomainConfigSerializer.Serialize(config))));

    /// <summary>Sends an NMI to a vCPU (trigger nmi).</summary>
    public void RaiseNmi(int domid, int vcpu) => Order(domid, new Message(Verbs.Nmi).With("vcpu", vcpu));
}
