using Xenolith.Toolstack;

namespace Xenolith.Tests.Hostile.Processes;

/// <summary>The toolstack with scripted guests and a store of plain files.</summary>
internal static class ScriptedParts
{
    public static ToolstackParts Value => new()
    {
        Assembly = () => new ScriptedAssembly(),
        Stores = run => new FileStoreFinder(run),
    };
}
