using System.Globalization;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Toolstack.Monitors;

/// <summary>Domain-0's own nodes where the host's options say otherwise than xenstored, which knows no options.</summary>
internal static class Domain0Nodes
{
    /// <summary>The nodes; none where nothing was said.</summary>
    public static IReadOnlyList<StoreNode> Of(HostSettings settings, long totalKib)
    {
        if (settings.Hypervisor.Memory is not { } memory)
        {
            return [];
        }

        StoreNode Node(string name, long kib) => new($"/local/domain/0/memory/{name}", kib.ToString(CultureInfo.InvariantCulture), ["n0"]);
        var own = settings.Domain0Kib(totalKib);
        return [Node("static-max", memory.Most?.On(totalKib) ?? own), Node("target", own)];
    }
}
