using Xenolith.Host;
using Xenolith.Host.Cgroups;
using Xenolith.Toolstack.Devices.Hotplug;
using Xenolith.Toolstack.Monitors;

namespace Xenolith.Toolstack.Hosts;

/// <summary>What a dead domain left outside the run directory.</summary>
internal static class StaleDomains
{
    private const int ScriptMilliseconds = 10_000;

    /// <summary>
    /// Lets hotplug scripts undo what they did for it, then removes its store nodes. A store that was killed with it is started for that: it
    /// comes back with every node that was written. Its cgroup goes too.
    /// </summary>
    /// <param name="state">The host, locked by the caller.</param>
    /// <param name="stores">The way to its store.</param>
    /// <param name="dead">The domain.</param>
    public static void Remove(HostState state, IHostStoreFinder stores, DomainRecord dead)
    {
        if (dead.CpuGroup.Length > 0)
        {
            CpuGroup.Remove(dead.CpuGroup);
        }

        try
        {
            PluggedScript.Unplug(state, stores, dead.Domid, ScriptMilliseconds);
            RemoveNodes(stores, dead, again: true);
        }
        catch (Exception e) when (StoreTrouble.Is(e))
        {
            // A store that cannot be had must not keep a host's other domains from being listed; `xl doctor' finds nodes that belong to nobody.
        }
    }

    private static void RemoveNodes(IHostStoreFinder stores, DomainRecord dead, bool again)
    {
        try
        {
            using var store = stores.Start();
            store.RemoveDomain(dead.Domid, dead.Uuid);
        }
        catch (StoreLostException) when (again)
        {
            // It was killed just now.
            RemoveNodes(stores, dead, again: false);
        }
    }
}
