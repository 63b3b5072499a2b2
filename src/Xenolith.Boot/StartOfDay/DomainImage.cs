namespace Xenolith.Boot.StartOfDay;

/// <summary>What a PV domain starts from.</summary>
public sealed class DomainImage
{
    /// <summary>The kernel's ELF file, unpacked (<see cref="Images.KernelFile"/>).</summary>
    public required Images.ImageBuffer Kernel { get; init; }

    /// <summary>What to call the kernel in errors.</summary>
    public required string KernelName { get; init; }

    /// <summary>The ramdisk, as it is to lie in memory; null for none.</summary>
    public Images.ImageBuffer? Ramdisk { get; init; }

    /// <summary>The kernel's command line.</summary>
    public string CommandLine { get; init; } = string.Empty;

    /// <summary>Frames of memory the domain starts with.</summary>
    public required ulong Pages { get; init; }

    /// <summary>Port of the xenstore ring's event channel in the guest.</summary>
    public required uint StorePort { get; init; }

    /// <summary>Port of the console ring's event channel in the guest.</summary>
    public required uint ConsolePort { get; init; }
}
