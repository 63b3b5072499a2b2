namespace Xenolith.Boot.Loader.Menus;

/// <summary>One entry of a boot menu, as far as a PV guest needs it.</summary>
internal sealed record BootEntry
{
    /// <summary>What a person sees.</summary>
    public required string Title { get; init; }

    /// <summary>The kernel; null if the entry starts something else (a firmware, a memory test, another loader).</summary>
    public GuestPath? Kernel { get; init; }

    /// <summary>The kernel's own arguments.</summary>
    public string Arguments { get; init; } = string.Empty;

    /// <summary>Ramdisks; several are loaded one behind the other.</summary>
    public IReadOnlyList<GuestPath> Ramdisks { get; init; } = [];
}
