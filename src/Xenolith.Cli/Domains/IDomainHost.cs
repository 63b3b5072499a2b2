using Xenolith.Config;
using Xenolith.Config.Disks;
using Xenolith.Toolstack;
using Xenolith.Toolstack.Devices;
using Xenolith.Toolstack.Devices.Disks;
using Xenolith.Toolstack.Devices.Nics;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Cli.Domains;

/// <summary>
/// The host as commands see it: its domains, and what can be done to them. Tests put a host in memory behind it. Whatever cannot be
/// done throws <see cref="ToolstackException"/> with a sentence for a person and an exit code.
/// </summary>
public interface IDomainHost
{
    /// <summary>All domains by id, Domain-0 first. Starts nothing and asks nobody.</summary>
    IReadOnlyList<DomainSummary> List();

    /// <summary>Domains of other users' hosts that this user may look at, with their run directories.</summary>
    IReadOnlyList<(string RunDirectory, DomainSummary Domain)> ListOthers() => [];

    /// <summary>What can be changed about the memory, the vCPUs and the like of its domains.</summary>
    IResourceControl Resources { get; }

    /// <summary>The domain of this name or id.</summary>
    DomainSummary Find(string nameOrId);

    /// <summary>What a domain's vCPUs do now.</summary>
    IReadOnlyList<VcpuRow> Vcpus(DomainSummary domain);

    /// <summary>The configuration a domain has now, or null for Domain-0.</summary>
    DomainConfig? ConfigOf(int domid);

    /// <summary>Makes a domain; with <paramref name="attachConsole"/> the terminal is on its console until it goes or the person leaves.</summary>
    void Create(DomainConfig config, CreateOptions options, bool attachConsole);

    /// <summary>Joins the terminal with a domain's console until the domain goes or the person leaves.</summary>
    /// <param name="domid">The domain.</param>
    /// <param name="replay">Whether to begin with everything still remembered.</param>
    /// <param name="leaveKey">The key that leaves; null for ^].</param>
    /// <returns>True if the person left, and the domain goes on.</returns>
    bool Console(int domid, bool replay, byte? leaveKey = null);

    /// <summary>Stops a domain's vCPUs.</summary>
    void Pause(int domid);

    /// <summary>Lets a domain's vCPUs run.</summary>
    void Unpause(int domid);

    /// <summary>Removes a domain at once.</summary>
    void Destroy(int domid);

    /// <summary>Gives a domain another name.</summary>
    void Rename(int domid, string name);

    /// <summary>Writes a domain's core file.</summary>
    void DumpCore(int domid, string path);

    /// <summary>Adds devices to a running domain.</summary>
    /// <param name="domid">The domain.</param>
    /// <param name="devices">A configuration of which only the devices count.</param>
    /// <returns>What a person should know about them, a line each.</returns>
    IReadOnlyList<string> Attach(int domid, DomainConfig devices);

    /// <summary>Takes a device from a running domain.</summary>
    /// <param name="domid">The domain.</param>
    /// <param name="kind">The xenbus name of its kind: <c>vbd</c>, <c>vif</c>.</param>
    /// <param name="id">Its number.</param>
    /// <param name="patience">What to do about a guest that does not let go of it.</param>
    void Detach(int domid, string kind, int id, DetachPatience patience);

    /// <summary>The network interfaces of a domain.</summary>
    IReadOnlyList<NicStatus> Nics(int domid);

    /// <summary>The disks of a domain.</summary>
    IReadOnlyList<DiskStatus> Disks(int domid);

    /// <summary>Puts a medium into a CD drive, or takes it out.</summary>
    /// <param name="domid">The domain.</param>
    /// <param name="medium">The drive as it is to be.</param>
    void ChangeMedium(int domid, DiskConfig medium);

    /// <summary>Asks a guest, through <c>control/shutdown</c>, to <c>poweroff</c>, <c>reboot</c>, <c>halt</c> or <c>suspend</c>.</summary>
    void RequestShutdown(int domid, string request);

    /// <summary>Sends a magic sysrq to a guest, through <c>control/sysrq</c>.</summary>
    void Sysrq(int domid, char letter);

    /// <summary>What a domain's engine and machine have counted: name and count.</summary>
    IReadOnlyList<(string Name, string Value)> Counters(int domid);

    /// <summary>Begins to watch for a domain's end, so that nothing asked of it afterwards is missed.</summary>
    IDomainWatch Watch(int domid);

    /// <summary>Facts for <c>xl info</c>, in its order.</summary>
    IReadOnlyList<(string Name, string Value)> Facts();

    /// <summary>Where the host lives, for people.</summary>
    string Place => "";

    /// <summary>Whether the store answers; null when it does not run, which is nothing wrong.</summary>
    bool? StoreAnswers() => null;

    /// <summary>Removes what dead domains left; returns what was removed, in words.</summary>
    IReadOnlyList<string> RemoveLeftovers() => [];

    /// <summary>The log in which the life of the newest domain of a name is told; null when there is none.</summary>
    (string Path, string Text)? MonitorLog(string name) => null;

    /// <summary>Limits of the store: those of one domain, or with null those that hold for all.</summary>
    IReadOnlyList<(string Name, string Value)> StoreQuotas(int? domid) => [];

    /// <summary>Sets a limit of the store.</summary>
    void SetStoreQuota(int? domid, string name, long value) => throw new ToolstackException("this host has no store");

    /// <summary>The hypervisor's log.</summary>
    /// <param name="clear">Whether to empty it afterwards.</param>
    string Log(bool clear);
}
