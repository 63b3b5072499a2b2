namespace Xenolith.Config;

/// <summary>The keys of HVM guests that are kept until HVM guests are built. Null means not said.</summary>
public sealed record HvmConfig
{
    /// <summary>Boot order.</summary>
    public string? Boot { get; init; }

    /// <summary>Serial port.</summary>
    public string? Serial { get; init; }

    /// <summary>Whether the display is shown over VNC.</summary>
    public bool? Vnc { get; init; }
}
