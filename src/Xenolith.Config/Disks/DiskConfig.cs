namespace Xenolith.Config.Disks;

/// <summary>One entry of <c>disk = [ ... ]</c>.</summary>
public sealed record DiskConfig
{
    /// <summary>The name of the device in the guest, as written: <c>xvda</c>, <c>sda1</c>, <c>0x301</c>, <c>d0p1</c>.</summary>
    public required string VirtualDevice { get; init; }

    /// <summary>The image, device or remote target; null or empty for an empty drive.</summary>
    public string? Target { get; init; }

    /// <summary>What the image holds.</summary>
    public DiskFormat Format { get; init; }

    /// <summary>Whether the guest may write.</summary>
    public bool Writable { get; init; }

    /// <summary>Whether <c>!</c> allows the image to be shared with other domains.</summary>
    public bool Shared { get; init; }

    /// <summary>Whether it is a CD drive.</summary>
    public bool IsCdrom { get; init; }

    /// <summary>Whether the medium can be taken out.</summary>
    public bool Removable { get; init; }

    /// <summary>The backend asked for.</summary>
    public DiskBackend Backend { get; init; }

    /// <summary>The domain that serves the disk, by name or id, or null for Domain-0.</summary>
    public string? BackendDomain { get; init; }

    /// <summary>The hotplug script, or null for the usual one.</summary>
    public string? Script { get; init; }

    /// <summary>Whether a script of its own makes the block device behind it: then the target is the script's to understand. Xen's usual script, <c>block</c>, is not one.</summary>
    public bool HasOwnScript => Script is { Length: > 0 } && Path.GetFileName(Script) != "block";

    /// <summary>Whether O_DIRECT is safe for the target.</summary>
    public bool DirectIoSafe { get; init; }

    /// <summary>Whether discards are offered; null for the default.</summary>
    public bool? Discard { get; init; }

    /// <summary>Whether the frontend trusts the backend; null for the default.</summary>
    public bool? Trusted { get; init; }

    /// <summary>The protocol asked for by <c>specification=</c>, <c>xen</c> or <c>virtio</c>, or null.</summary>
    public string? Specification { get; init; }

    /// <summary>Where it stands in the configuration, <c>file:line:column</c>, for messages; null if it came from elsewhere.</summary>
    public string? Position { get; init; }
}
