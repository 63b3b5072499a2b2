using Xenolith.Config;

namespace Xenolith.Cli.Domains;

/// <summary>What can be changed about the memory, the vCPUs and the like of a domain that is there. Failures are as those of <see cref="IDomainHost"/>.</summary>
public interface IResourceControl
{
    /// <summary>Lets a guest have another amount of memory.</summary>
    void SetMemory(int domid, long kib);

    /// <summary>Sets the most memory a guest may be given.</summary>
    void SetMaximumMemory(int domid, long kib);

    /// <summary>Asks a guest to have so many vCPUs online.</summary>
    void SetVcpus(int domid, int count);

    /// <summary>Sets where a vCPU (null: every one) may run and should run; null: as before.</summary>
    void Pin(int domid, int? vcpu, string? hard, string? soft);

    /// <summary>Sets share and limit of CPU time; null: as before.</summary>
    void Schedule(int domid, int? weight, int? cap);

    /// <summary>Sets what a domain's restarts are made from.</summary>
    void UpdateConfig(int domid, DomainConfig config);

    /// <summary>Sends an NMI to a vCPU.</summary>
    void RaiseNmi(int domid, int vcpu);

    /// <summary>Prints to the hypervisor's log what debug keys show.</summary>
    void DebugKeys(string keys);
}
