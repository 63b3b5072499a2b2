using Xenolith.Host;
using Xenolith.Host.Cgroups;
using Xenolith.Toolstack.Monitors;
using Xenolith.Toolstack.Networks;

namespace Xenolith.Toolstack.Hosts;

/// <summary>What a dead domain left outside the run directory.</summary>
internal static class StaleDomains
{
    private const int ScriptMilliseconds = 10_000;

    /// <summary>
    /// Lets hotplug scripts undo what they did for it, then removes its store nodes, if a store runs: a store that was ended with it has nothing
    /// of it to show before it is started again. Its cgroup goes too.
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
            PluggedInterface.Unplug(state, stores, dead.Domid, ScriptMilliseconds);
            using var store = stores.Find();
            store?.RemoveDomain(dead.Domid, dead.Uuid);
        }
        catch (Exception e) when (StoreTrouble.Is(e))
        {
            // A store that dies under this is started afresh by the next domain, which writes its own nodes over what is left.
        }
    }
}
