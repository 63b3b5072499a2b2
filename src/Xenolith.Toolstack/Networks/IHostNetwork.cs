namespace Xenolith.Toolstack.Networks;

/// <summary>What the choice of a way out asks of the host.</summary>
internal interface IHostNetwork
{
    /// <summary>The bridge of interfaces that name none, if it exists (<c>vif_default_bridge</c>); empty for none.</summary>
    string DefaultBridge { get; }

    /// <summary>The directory of hotplug scripts.</summary>
    string ScriptDirectory { get; }

    /// <summary>Whether an interface of the kernel's has this name.</summary>
    bool Exists(string name);

    /// <summary>Whether an interface is a bridge of the kernel's.</summary>
    bool IsBridge(string name);

    /// <summary>Why this process may not make TAP interfaces and change bridges, in words that follow "because"; null if it may.</summary>
    string? WhyNoTaps();

    /// <summary>Xen's own vif-bridge if this host has it and it can run here; null: ours, built in, is used.</summary>
    string? BridgeScript();

    /// <summary>The program passt; null if it is not installed.</summary>
    string? FindPasst();

    /// <summary>Whether a user-space switch of this name is to have a way to the outside (<c>switch_uplinks</c>).</summary>
    bool WantsUplink(string name);

    /// <summary>Whether libslirp, which uplinks need, is installed.</summary>
    bool HasSlirp();
}
