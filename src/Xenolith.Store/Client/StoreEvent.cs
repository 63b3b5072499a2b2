namespace Xenolith.Store.Client;

/// <summary>A watch has fired.</summary>
/// <param name="Path">What changed, in the form the watch was set in: absolute, relative, or "@name".</param>
/// <param name="Token">The token the watch was set with.</param>
public readonly record struct StoreEvent(string Path, string Token);
