namespace Xenolith.Cli.Domains;

/// <summary>What <c>xl info</c> says about the host, in its order: name and value.</summary>
/// <param name="Rows">The rows.</param>
public sealed record HostFacts(IReadOnlyList<(string Name, string Value)> Rows);
