namespace Xenolith.Tests.NativeOracle.Machine;

/// <summary>Writable host addresses of the regions, which may themselves be read-only.</summary>
internal static class NativeAliases
{
    private static readonly Dictionary<ulong, nint> s_aliases = [];

    public static void Add(ulong region, nint alias) => s_aliases.Add(region, alias);

    public static nint Of(ulong region) => s_aliases[region];
}
