namespace Xenolith.Cli.Domains;

/// <summary>What a wait for a domain came to.</summary>
/// <param name="ShutdownReason">It shut down for this SHUTDOWN_* reason; null when it was destroyed.</param>
public readonly record struct DomainEnd(int? ShutdownReason);
