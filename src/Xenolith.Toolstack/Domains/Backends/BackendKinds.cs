namespace Xenolith.Toolstack.Domains.Backends;

/// <summary>The kinds of devices that a domain process serves.</summary>
internal static class BackendKinds
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<IBackendKind> All { get; } = [new VbdBackendKind(), new VifBackendKind()];

    /// <summary>The kind of this name; null if there is none.</summary>
    public static IBackendKind? Find(string name) => All.FirstOrDefault(k => k.Name == name);
}
