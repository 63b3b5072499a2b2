namespace Xenolith.Toolstack.Networks;

/// <summary>How packets of an interface leave the domain process.</summary>
internal enum WayKind
{
    /// <summary>A TAP interface that we make a port of a bridge of the kernel's.</summary>
    HostBridge,

    /// <summary>A TAP interface that a hotplug script connects.</summary>
    Script,

    /// <summary>A port of a user-space switch.</summary>
    Switch,

    /// <summary>A passt process of its own.</summary>
    Passt,
}

/// <summary>Which way out an interface takes, decided before anything of it is made.</summary>
/// <param name="Kind">The way.</param>
/// <param name="Network">The bridge or switch; empty if there is none.</param>
/// <param name="Reason">Why this way, in a few words.</param>
internal sealed record NetworkWay(WayKind Kind, string Network, string Reason)
{
    /// <summary>The hotplug script's path, for <see cref="WayKind.Script"/>.</summary>
    public string? Script { get; init; }

    /// <summary>Name of the TAP interface on the host while its script runs or for good; empty for ways without one.</summary>
    public string Interface { get; init; } = string.Empty;

    /// <summary>For <see cref="WayKind.Script"/>: the network is a bridge that exists and was meant, not only a name that the script finds in the store.</summary>
    public bool IsBridged { get; init; }

    /// <summary>The name that a hotplug script gives the interface; null if it keeps its own.</summary>
    public string? RenamedTo { get; init; }

    /// <summary>The program of passt, for <see cref="WayKind.Passt"/>.</summary>
    public string? Passt { get; init; }

    /// <summary>The switch has a way to the outside.</summary>
    public bool Uplink { get; init; }

    /// <summary>The interface's name once it is up.</summary>
    public string FinalInterface => RenamedTo ?? Interface;

    /// <summary>The network in which addresses must differ; null for one's own.</summary>
    public string? Segment => Kind == WayKind.Passt || Network.Length == 0 ? null : Network;

    /// <summary>One line for people.</summary>
    public string Describe() => Kind switch
    {
        WayKind.HostBridge => $"TAP {FinalInterface} on the host bridge {Network} ({Reason})",
        WayKind.Script when IsBridged => $"TAP {FinalInterface} on the host bridge {Network}, by {Script} ({Reason})",
        WayKind.Script => $"TAP {FinalInterface}, by {Script} ({Reason})",
        WayKind.Switch => $"user-space switch {Network}{(Uplink ? " with an uplink" : "")} ({Reason})",
        _ => $"passt, which shares this host's own network ({Reason})",
    };
}
