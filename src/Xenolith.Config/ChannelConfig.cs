namespace Xenolith.Config;

/// <summary>One entry of <c>channel = [ ... ]</c>: a byte stream between guest and host.</summary>
/// <param name="Name">Its name in the guest.</param>
/// <param name="Connection"><c>pty</c> or <c>socket</c>.</param>
/// <param name="Path">Path of the socket, or null.</param>
/// <param name="BackendDomain">The domain that serves it, or null for Domain-0.</param>
public sealed record ChannelConfig(string? Name, string Connection, string? Path, string? BackendDomain);
