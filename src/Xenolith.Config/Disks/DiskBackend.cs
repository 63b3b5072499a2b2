namespace Xenolith.Config.Disks;

/// <summary>Which backend was asked for by <c>backendtype=</c>; the toolstack chooses when none was.</summary>
public enum DiskBackend
{
    /// <summary>Ours to choose.</summary>
    Unspecified,

    /// <summary>The kernel's block backend, for devices and raw files.</summary>
    Phy,

    /// <summary>blktap.</summary>
    Tap,

    /// <summary>QEMU's block backend.</summary>
    Qdisk,

    /// <summary>A backend that somebody else starts.</summary>
    Standalone,
}
