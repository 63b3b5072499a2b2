using Xenolith.Host;
using Xenolith.Toolstack.Monitors;

namespace Xenolith.Toolstack.Hosts;

/// <summary>What a dead domain left outside the run directory.</summary>
internal static class StaleDomains
{
    /// <summary>Removes its store nodes, if a store runs: a store that was ended with it has nothing of it to show before it is started again.</summary>
    public static void RemoveNodes(IHostStoreFinder stores, DomainRecord dead)
    {
        try
        {
            using var store = stores.Find();
            store?.RemoveDomain(dead.Domid, dead.Uuid);
        }
        catch (Exception e) when (StoreTrouble.Is(e))
        {
            // A store that dies under this is started afresh by the next domain, which writes its own nodes over what is left.
        }
    }
}
