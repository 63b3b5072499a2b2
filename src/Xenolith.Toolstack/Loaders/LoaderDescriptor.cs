namespace Xenolith.Toolstack.Loaders;

/// <summary>The order of the descriptors that come with the order to find a kernel.</summary>
internal enum LoaderDescriptor
{
    /// <summary>The disk, open for reading.</summary>
    Disk,

    /// <summary>An empty memory file for the kernel.</summary>
    Kernel,

    /// <summary>An empty memory file for the ramdisk.</summary>
    Ramdisk,

    /// <summary>How many there are.</summary>
    Count,
}
