using Xenolith.Toolstack.Domains;
using Xenolith.Toolstack.Monitors;

namespace Xenolith.Toolstack;

/// <summary>The parts of the product itself.</summary>
internal static class DefaultParts
{
    /// <summary>The real assembly and the real store.</summary>
    public static ToolstackParts Value => new()
    {
        Assembly = () => new DomainAssembly(),
        Stores = run => new XenstoreFinder(run),
    };
}
