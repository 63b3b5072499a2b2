using Xenolith.Config;

namespace Xenolith.Cli.Domains;

/// <summary>
/// The host as commands see it: its domains, and what can be done to them. Tests put a host in memory behind it. Whatever cannot be
/// done throws <see cref="Xenolith.Toolstack.ToolstackException"/> with a sentence for a person and an exit code.
/// </summary>
public interface IDomainHost
{
    /// <summary>All domains by id, Domain-0 first. Starts nothing and asks nobody.</summary>
    IReadOnlyList<DomainRow> List();

    /// <summary>The configuration a domain has now, or null for Domain-0.</summary>
    DomainConfig? ConfigOf(int domid);

    /// <summary>Makes a domain.</summary>
    /// <returns>What to exit with, once nothing is left to do in this process.</returns>
    int Create(DomainConfig config, CreateOptions options);

    /// <summary>Joins this process's terminal with a domain's console until the domain goes or the person leaves.</summary>
    /// <param name="domid">The domain.</param>
    /// <param name="replay">Whether to begin with everything still remembered.</param>
    /// <returns>The exit code.</returns>
    int Console(int domid, bool replay);

    /// <summary>Stops a domain's vCPUs.</summary>
    void Pause(int domid);

    /// <summary>Lets a domain's vCPUs run.</summary>
    void Unpause(int domid);

    /// <summary>Removes a domain at once.</summary>
    void Destroy(int domid);

    /// <summary>Gives a domain another name.</summary>
    void Rename(int domid, string name);

    /// <summary>Writes a request to <c>control/shutdown</c> of a domain.</summary>
    /// <param name="domid">The domain.</param>
    /// <param name="request"><c>poweroff</c>, <c>reboot</c>, <c>halt</c>, <c>suspend</c>.</param>
    void RequestShutdown(int domid, string request);

    /// <summary>Waits until a domain shuts down, or is gone.</summary>
    /// <param name="domid">The domain.</param>
    /// <param name="untilGone">Whether a shutdown alone does not end the wait.</param>
    DomainEnd Wait(int domid, bool untilGone);

    /// <summary>Facts for <c>xl info</c>.</summary>
    HostFacts Facts();

    /// <summary>The hypervisor's log.</summary>
    /// <param name="clear">Whether to empty it afterwards.</param>
    string Log(bool clear);
}
