using System.Globalization;
using Xenolith.Host;
using Xenolith.Store.Client;
using Xenolith.Store.Server;

namespace Xenolith.Toolstack.Hosts;

/// <summary>
/// What dead domains left on a host, found and removed (<c>xl doctor</c>): their files, and nodes in the store that belong to no living domain.
/// A domain that is being made has claimed its id under the host's lock before it writes a node, so none of its is taken for a leftover.
/// </summary>
internal static class Leftovers
{
    /// <summary>Removes nodes of ids and uuids that no living domain has; tells what was removed.</summary>
    /// <param name="run">The host.</param>
    /// <param name="living">The domains that live, read under the host's lock, which is still held.</param>
    public static List<string> RemoveNodes(RunDirectory run, IReadOnlyCollection<DomainRecord> living)
    {
        var removed = new List<string>();
        using var store = StoreDaemon.TryConnect(run);
        if (store is null)
        {
            return removed;
        }

        var ids = living.Select(d => d.Domid.ToString(CultureInfo.InvariantCulture)).Append("0").ToHashSet(StringComparer.Ordinal);
        var uuids = living.Select(d => d.Uuid.ToString()).Append(Guid.Empty.ToString()).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var (parent, kept) in (ReadOnlySpan<(string, HashSet<string>)>)[("/local/domain", ids), ("/libxl", ids), ("/vm", uuids)])
        {
            RemoveOthers(store, parent, kept, removed);
        }

        foreach (var kind in Children(store, "/local/domain/0/backend"))
        {
            RemoveOthers(store, $"/local/domain/0/backend/{kind}", ids, removed);
        }

        return removed;
    }

    private static void RemoveOthers(StoreClient store, string parent, HashSet<string> kept, List<string> removed)
    {
        foreach (var name in Children(store, parent))
        {
            if (!kept.Contains(name) && store.TryRemove($"{parent}/{name}"))
            {
                removed.Add($"store node {parent}/{name}");
            }
        }
    }

    private static IReadOnlyList<string> Children(StoreClient store, string path) => store.Exists(path) ? store.List(path) : [];
}
