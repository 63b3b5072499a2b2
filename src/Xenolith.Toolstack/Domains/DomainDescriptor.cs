namespace Xenolith.Toolstack.Domains;

/// <summary>The order of the descriptors that come with the order to build a domain.</summary>
internal enum DomainDescriptor
{
    /// <summary>The console's stream socket.</summary>
    Console,

    /// <summary>The store connection bound to the domain.</summary>
    Store,

    /// <summary>The domain's life lock: held, never used.</summary>
    Life,

    /// <summary>The kernel image.</summary>
    Kernel,

    /// <summary>The initial ram disk; the last one, and absent if there is none.</summary>
    Ramdisk,
}
